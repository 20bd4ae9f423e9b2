// Runs before the first paint: an explicit choice of theme wins over the system.
try {
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // No storage: follow the system.
}
