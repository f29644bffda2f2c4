// Prints "vectors: file ran/total" for every file in tests/Vectors and fails when one that must be complete is not.
//   node tests/vector-report.mjs LOG        LOG has one line "file TAB id" per vector that passed (VectorFile.Ran)
// The totals are counted here, from the files alone, so that a test that forgets a vector cannot hide it.
import { readFileSync, readdirSync } from 'node:fs'

const folder = new URL('./Vectors/', import.meta.url)

// How many vectors a file holds, and therefore how many different ids its tests must record.
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
    // every message made and every step of the receiver, for both senders
    'senderkey.json': f => f.scenarios.reduce((sum, scenario) => sum + scenario.messages.length + scenario.receiverSteps.length, 0),
    // the steps that set the parties up, then bundles and messages to refuse, the one that may be accepted, and those that must still decrypt afterwards
    'malformed-signal.json': f => f.setup.steps.length + f.carolSteps.length + f.bundles.length + f.malformed.length + f.lenient.length + f.finallyMustDecrypt.length,
    // paddings to make and to strip, and the edge cases
    'message-padding.json': f => f.valid.length + f.edge.length,
    'phash.json': f => f.cases.length,
    'proto-messages.json': f => f.cases.length,
    // each kind's keys and each of its files, the two sidecars, the range read, files to refuse, upload tokens
    'media.json': f => Object.values(f.types).reduce((sum, type) => sum + 1 + type.cases.length, 0)
        + ['sidecarLong', 'firstFrameSidecar', 'rangeRead'].filter(part => f[part]).length + f.negative.length + f.uploadToken.length,
    'waveform.json': f => f.cases.length,
    // the key, each request with its answers, answers to refuse, the example stanzas
    'media-retry.json': f => ['retryKey'].filter(part => f[part]).length + f.cases.reduce((sum, request) => sum + 1 + request.responses.length, 0)
        + f.negative.length + Object.keys(f.exampleStanzas).length,
    // every add-on to open and to refuse, the bot's secret, reporting tokens, the hash of a device list's keys
    'poll-vote.json': f => f.addons.length + f.mustReject.length + f.reportingTokens.length
        + ['botMessageSecret', 'deviceKeyHash'].filter(part => f[part]).length,
    // every computed value: inputs (fields, random bytes, ephemeral keys) do not count
    'pairing.json': f => ['e2ee', 'hostedAccountAndDevice'].reduce((sum, kind) => sum
            + Object.keys(f.pairSuccess[kind]).filter(name => !/Fields$|Random$/.test(name)).length, 0)
        + ['stanza'].filter(part => f.pairSuccess.expectedReply[part]).length + f.pairSuccess.mustReject.length
        + ['versionMd5', 'bytes', 'deviceProps'].filter(part => f.registrationPayload[part]).length
        // three texts to read and one to compose from the ref
        + Object.keys(f.qr).length
        // four key pairs, and the signature of the signed pre-key
        + Object.values(f.keys).filter(key => key.private).length + Object.values(f.keys).filter(key => key.signature).length
        + f.xeddsa.samples.length
        // the secret is computed in both roles
        + Object.keys(f.linkCode).filter(name => !/^(codeBytes|display)$|^(companion|primary)Ephemeral$/.test(name)).length + 1,
}

// Files of which a part is built: the ids of the vectors that must run now; the others are later.
const partly = {
    // questions about groups, changes of groups, what their notices say; presence and typing; privacy settings
    'iq-stanzas.json': f => f.cases.map(({ op }) => op).filter(op => /^(group\.|notification\.w:gp2\.|presence\.|chatstate\.)|^privacy\.get$/.test(op)),
}

// Files whose capability is built later; they get a rule above when it is.
const later = new Set(['app-state.json', 'history-sync.json'])

const ran = new Map()
for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
    const [file, id] = line.split('\t')
    ran.set(file, (ran.get(file) ?? new Set()).add(id))
}

const problems = []
for (const file of readdirSync(folder).filter(name => name.endsWith('.json')).sort()) {
    const count = ran.get(file)?.size ?? 0
    if (rules[file]) {
        const total = rules[file](JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
        console.log(`vectors: ${file} ${count}/${total}`)
        if (count !== total) problems.push(`${file}: ${count} of ${total} vectors ran`)
    } else if (partly[file]) {
        const due = partly[file](JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
        const missing = due.filter(id => !ran.get(file)?.has(id))
        console.log(`vectors: ${file} ${due.length - missing.length}/${due.length} (the rest later)`)
        if (missing.length) problems.push(`${file}: not run: ${missing.join(' ')}`)
    } else if (later.has(file)) {
        console.log(`vectors: ${file} ${count} (later)`)
    } else {
        problems.push(`${file}: no rule in tests/vector-report.mjs counts it`)
    }
}
for (const file of Object.keys({ ...rules, ...partly }).filter(file => !readdirSync(folder).includes(file))) problems.push(`${file}: missing`)
for (const problem of problems) console.error(`vectors: INCOMPLETE ${problem}`)
process.exit(problems.length ? 1 : 0)
