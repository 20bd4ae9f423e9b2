/**
 * The fake client with profiles that are told by kind: `block` is the web profile, `syscall` is empty, `name` must be
 * known.
 */
import type { ProfileAnswer, ProfileParams } from '../../server/contract/profile.js'
import { CodedError } from '../../server/errors.js'
import { type FakeClient, type FakeOptions, fakeClient } from './fake-client.js'
import { emptyProfile, webProfile } from './profiles.js'

export function profileClient(options: FakeOptions = {}, block: ProfileAnswer = webProfile): FakeClient {
  const client = fakeClient(options)
  const answerOthers = client.query
  client.query = (async (name, params, signal) => {
    if (name !== 'profile') return answerOthers(name, params, signal)
    client.asked.push({ name, params })
    const { kind, name: group, from } = params as ProfileParams
    if (group !== undefined && group !== 'main.main' && group !== '') {
      throw new CodedError('UNKNOWN_GROUP', `This trace has no goroutine that started in ${group}.`)
    }
    const profile = kind === 'block' && from === undefined ? block : emptyProfile
    return { ...profile, partial: options.partial ?? null }
  }) as FakeClient['query']
  return client
}
