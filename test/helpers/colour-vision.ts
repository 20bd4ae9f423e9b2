/**
 * How far apart two colours are for an eye: CIEDE2000 after a simulation of its colour blindness.
 *
 * The matrices are those of G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for
 * Simulation of Color Vision Deficiency", IEEE TVCG 15 (2009), for full severity; they work on linear sRGB. The
 * difference follows G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 Color-Difference Formula", Color Research and
 * Application 30 (2005); white is D65. Contrast is that of WCAG 2.
 */

type Triple = readonly [number, number, number]

export type Eye = 'normal' | 'protanopia' | 'deuteranopia' | 'tritanopia'

export const eyes: Readonly<Record<Eye, readonly Triple[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

/** Difference of two colours `#rrggbb` as an eye sees them; 1 is just noticeable side by side. */
export function difference(one: string, other: string, eye: Eye): number {
  return ciede2000(labOf(seenBy(eye, linear(one))), labOf(seenBy(eye, linear(other))))
}

export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(linear(one)), luminance(linear(other))].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function linear(colour: string): Triple {
  return [1, 3, 5].map(at => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as unknown as Triple
}

function seenBy(eye: Eye, colour: Triple): Triple {
  return eyes[eye].map(row => {
    const value = row.reduce((sum, factor, i) => sum + factor * colour[i], 0)
    return Math.max(0, Math.min(1, value))
  }) as unknown as Triple
}

function luminance([r, g, b]: Triple): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function labOf(colour: Triple): Triple {
  const [r, g, b] = colour
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116)
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047)
  const y = f(luminance(colour))
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

const degree = Math.PI / 180

export function ciede2000([lightness1, a1, b1]: Triple, [lightness2, a2, b2]: Triple): number {
  // 1. Chroma and hue, with the red-green axis stretched for greys.
  const greyness = saturation((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2)
  const stretch = 1 + 0.5 * (1 - greyness)
  const [chroma1, chroma2] = [Math.hypot(a1 * stretch, b1), Math.hypot(a2 * stretch, b2)]
  const [hue1, hue2] = [hueOf(a1 * stretch, b1), hueOf(a2 * stretch, b2)]
  const hasHue = chroma1 * chroma2 > 0
  // 2. Differences; those of hue go the short way round.
  let turn = hasHue ? hue2 - hue1 : 0
  if (Math.abs(turn) > 180) turn -= 360 * Math.sign(turn)
  const lightness = lightness2 - lightness1
  const chroma = chroma2 - chroma1
  const hue = 2 * Math.sqrt(chroma1 * chroma2) * Math.sin((turn / 2) * degree)
  // 3. Weights at the middle of both.
  const middleLightness = ((lightness1 + lightness2) / 2 - 50) ** 2
  const middleChroma = (chroma1 + chroma2) / 2
  const middleHue = hasHue ? (hue1 + turn / 2 + 360) % 360 : hue1 + hue2
  const cos = (times: number, offset: number) => Math.cos((times * middleHue + offset) * degree)
  const hueWeight = 1 - 0.17 * cos(1, -30) + 0.24 * cos(2, 0) + 0.32 * cos(3, 6) - 0.2 * cos(4, -63)
  const rotation = -2 * saturation(middleChroma) * Math.sin(60 * degree * Math.exp(-(((middleHue - 275) / 25) ** 2)))
  const l = lightness / (1 + (0.015 * middleLightness) / Math.sqrt(20 + middleLightness))
  const c = chroma / (1 + 0.045 * middleChroma)
  const h = hue / (1 + 0.015 * middleChroma * hueWeight)
  return Math.sqrt(l * l + c * c + h * h + rotation * c * h)
}

function saturation(chroma: number): number {
  return Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7))
}

function hueOf(a: number, b: number): number {
  return a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / degree + 360) % 360
}
