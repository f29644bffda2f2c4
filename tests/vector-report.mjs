// Prints "vectors: file ran/total" for every file in tests/Vectors and fails when one that must be complete is not.
//   node tests/vector-report.mjs LOG        LOG has one line "file TAB id" per vector that passed (VectorFile.Ran)
// The totals are counted here, from the files alone, so that a test that forgets a vector cannot hide it.
import { readFileSync, readdirSync } from 'node:fs'

const folder = new URL('./Vectors/', import.meta.url)

// How many vectors a file holds, and therefore how many different ids its tests must record; or the list of its parts by name.
const rules = {
    // every stanza: current dictionary, large contents, older dictionary
    'binary-node.json': f => f.vectors.length + f.large.length + f.dictVersion2.length,
    // every input, whether it must be rejected or may be either
    'malformed-binary-node.json': f => f.vectors.length,
    // the certificate chain, the three handshakes, each transport message of both directions, each sample of a counter's IV
    'noise.json': f => ['certificate', 'xx', 'ik', 'xxFallback'].filter(part => f[part]).length
        + f.transport.clientToServer.length + f.transport.serverToClient.length + f.transport.ivSamples.length,
    // signatures to make, to accept, to refuse
    'xeddsa.json': f => f.sign.length + f.verifyOk.length + f.verifyBad.length,
    // every step of every conversation
    'x3dh-ratchet.json': f => f.conversations.reduce((sum, conversation) => sum + conversation.steps.length, 0),
    // steps that build the state, bundles and messages to refuse, the one that may be accepted, a third party's steps, and messages
    // that must still decrypt afterwards
    'malformed-signal.json': f => f.setup.steps.length + f.bundles.length + f.malformed.length + f.lenient.length + f.carolSteps.length
        + f.finallyMustDecrypt.length,
    // paddings to make and to strip, and the edge cases
    'message-padding.json': f => f.valid.length + f.edge.length,
    'phash.json': f => f.cases.length,
    'proto-messages.json': f => f.cases.length,
    // no list of cases but one linking with all its intermediate values: each value is a part, and a part has run when an id names it
    'pairing.json': f => [
        ...['companionIdentity', 'companionNoise', 'companionSignedPreKey', 'primaryIdentity'].map(key => `keys.${key}`),
        ...['fourFields', 'fiveFields', 'urlForm'].map(form => `qr.${form}`),
        ...['bytes', 'deviceProps', 'versionMd5'].map(value => `registrationPayload.${value}`),
        ...['e2ee', 'hostedAccountAndDevice'].flatMap(kind => results(f.pairSuccess[kind]).map(value => `pairSuccess.${kind}.${value}`)),
        'pairSuccess.expectedReply.stanza',
        ...f.pairSuccess.mustReject.map((_, i) => `pairSuccess.mustReject[${i}]`),
        ...results(f.linkCode).map(value => `linkCode.${value}`),
        ...f.xeddsa.samples.map((_, i) => `xeddsa.samples[${i}]`),
    ],
}

// The computed values of a part of pairing.json; the others are what they are computed from, or the same in another form.
function results(part) {
    const given = /Random$|^deviceIdentityFields$|^display$|^codeBytes$|^(companion|primary)Ephemeral$/
    return Object.keys(part).filter(name => !given.test(name))
}

// Files whose capability is built later; they get a rule above when it is.
const later = new Set(['media.json', 'waveform.json', 'senderkey.json', 'poll-vote.json', 'media-retry.json', 'app-state.json', 'history-sync.json', 'iq-stanzas.json'])

const ran = new Map()
for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
    const [file, id] = line.split('\t')
    ran.set(file, (ran.get(file) ?? new Set()).add(id))
}

const problems = []
for (const file of readdirSync(folder).filter(name => name.endsWith('.json')).sort()) {
    const ids = ran.get(file) ?? new Set()
    let count = ids.size
    if (rules[file]) {
        let total = rules[file](JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
        if (Array.isArray(total)) {
            const absent = total.filter(part => ![...ids].some(id => id === part || id.startsWith(`${part}.`)))
            if (absent.length) problems.push(`${file}: ${absent.join(', ')}`)
            count = total.length - absent.length
            total = total.length
        }
        console.log(`vectors: ${file} ${count}/${total}`)
        if (count !== total) problems.push(`${file}: ${count} of ${total} vectors ran`)
    } else if (later.has(file)) {
        console.log(`vectors: ${file} ${count} (later)`)
    } else {
        problems.push(`${file}: no rule in tests/vector-report.mjs counts it`)
    }
}
for (const file of Object.keys(rules).filter(file => !readdirSync(folder).includes(file))) problems.push(`${file}: missing`)
for (const problem of problems) console.error(`vectors: INCOMPLETE ${problem}`)
process.exit(problems.length ? 1 : 0)
