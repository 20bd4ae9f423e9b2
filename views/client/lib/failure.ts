/** Answers that are no success. */

/** What the server says, or at least its status. */
export async function failureOf(response: Response): Promise<string> {
  return failureText(await response.text(), response.status)
}

export function failureText(text: string, status: number): string {
  try {
    const body = JSON.parse(text) as { message?: string; error?: { message?: string } }
    return body.message ?? body.error?.message ?? `status ${status}`
  } catch {
    return `status ${status}`
  }
}
