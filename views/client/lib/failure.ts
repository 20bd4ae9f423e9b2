/** Answers that are no success. */

/** What the server says, or at least its status. */
export async function failureOf(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { message?: string; error?: { message?: string } }
    return body.message ?? body.error?.message ?? `status ${response.status}`
  } catch {
    return `status ${response.status}`
  }
}
