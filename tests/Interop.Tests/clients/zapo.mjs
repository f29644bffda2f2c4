// zapo-js 0.3.0 as a linked device, driven over JSON lines (lines.mjs). Credentials and sessions live in memory.
// INTEROP_TRACE=1 prints the library's own log and every stanza to stderr.
import { createRequire } from 'node:module'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chosen, describe, fileOf, pollOf, sha256, unwrap, vcard } from './content.mjs'
import { emit, serve, describe as describeError } from './lines.mjs'

const require = createRequire(import.meta.url)
globalThis.WebSocket ??= require('ws')
const { WaClient, createStore } = require('zapo-js')
const { encryptAddonPayload, decryptAddonPayload, buildAddonAdditionalData } = require('zapo-js/message')
const { proto } = require('zapo-js/proto')

const tracing = !!process.env.INTEROP_TRACE
const log = level => (message, context) => { if (tracing) console.error(level, message, JSON.stringify(context ?? {})) }
const logger = { level: tracing ? 'trace' : 'error', trace: log('trace'), debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }

const known = new Map()
let client, credentials = null

function create({ url, rootKey }) {
    const auth = { load: async () => credentials, save: async next => { credentials = next }, clear: async () => { credentials = null } }
    client = new WaClient({
        store: createStore({ backends: { mem: { stores: { auth: () => auth }, caches: {} } }, providers: { auth: 'mem' } }),
        sessionId: 'interop',
        chatSocketUrls: [url],
        messageRetryDelayMs: 50,
        testHooks: { noiseRootCa: { publicKey: Uint8Array.from(Buffer.from(rootKey, 'hex')), serial: 0 } },
    }, logger)

    client.on('auth_qr', ({ qr }) => emit('qr', { text: qr }))
    client.on('auth_paired', ({ credentials: paired }) => emit('paired', { jid: paired.meJid, lid: paired.meLid }))
    // Its 'connection' event says open when the socket is, also without an account, and nothing after linking: <success> is the login.
    client.on('connection_success', ({ node }) => emit('open', { jid: credentials?.meJid, lid: node.attrs.lid }))
    client.on('connection', ({ status, reason, code, isLogout }) => { if (status === 'close') emit('close', { code, reason: String(reason), logout: isLogout }) })
    client.on('message', onMessage)
    client.on('message_receipt', ({ stanzaId, chatJid, stanzaType }) => emit('receipt', { id: stanzaId, from: chatJid, type: stanzaType ?? 'delivery' }))
    client.on('transport_node_in', ({ node }) => {
        if (tracing) console.error('in', JSON.stringify(node, (key, value) => value?.type === 'Buffer' || value instanceof Uint8Array ? 'bytes' : value))
        if (node.tag !== 'message' || !Array.isArray(node.content)) return
        for (const child of node.content)
            if (child.tag === 'enc') emit('cipher', { id: node.attrs.id, from: node.attrs.from, type: child.attrs.type, offline: node.attrs.offline !== undefined })
    })
    if (tracing) client.on('transport_node_out', ({ node }) => console.error('out', JSON.stringify(node, (key, value) => value instanceof Uint8Array ? 'bytes' : value)))
    client.on('client_error', ({ error }) => { if (tracing) console.error('client_error', describeError(error)) })
}

async function onMessage({ stanzaId: id, senderJid: from, chatJid: chat, message }) {
    const vote = unwrap(message)?.pollUpdateMessage
    if (vote) return onVote(id, from, vote)
    const seen = message && describe(message)
    if (!seen) return
    const fromMe = !!message.deviceSentMessage
    known.set(id, { key: { remoteJid: chat, id, fromMe }, from, content: unwrap(message), secret: message.messageContextInfo?.messageSecret })
    const found = fileOf(message)
    if (found) Object.assign(seen, await download(found))
    emit('message', { id, from, chat, fromMe, ...seen })
}

/** Fetches by direct path from the hosts of media_conn, checks and decrypts with the library's own code. */
async function download({ kind, file }) {
    try {
        const bytes = await client.mediaTransfer.downloadAndDecrypt({
            directPath: file.directPath, hosts: await hosts(), mediaType: kind, mediaKey: file.mediaKey, fileSha256: file.fileSha256, fileEncSha256: file.fileEncSha256,
        })
        return { size: bytes.length, sha256: sha256(bytes) }
    } catch (error) {
        return { failure: String(error) }
    }
}

async function hosts() {
    const answer = await client.query({ tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'w:m' }, content: [{ tag: 'media_conn', attrs: {} }] })
    return answer.content[0].content.filter(node => node.tag === 'host').map(node => node.attrs.hostname)
}

/** What the library is given for each kind of message: its own media builder, or a plain Message. */
function contentOf({ kind = 'text', to, text, path, mimetype, fileName, seconds, number, latitude, longitude, options, target, targetFromMe, quoted, mentions }) {
    const media = path && new Uint8Array(readFileSync(path))
    const key = () => known.get(target)?.key ?? { remoteJid: to, id: target, fromMe: !!targetFromMe }
    switch (kind) {
        case 'text': return quoted || mentions ? { extendedTextMessage: { text, contextInfo: { ...quote(quoted), mentionedJid: mentions } } } : text
        case 'image': return { type: 'image', media, mimetype, caption: text }
        case 'video': return { type: 'video', media, mimetype, caption: text, seconds }
        case 'gif': return { type: 'video', media, mimetype, caption: text, seconds, gifPlayback: true }
        case 'ptv': return { type: 'ptv', media, mimetype, seconds }
        case 'audio': return { type: 'audio', media, mimetype, seconds }
        case 'ptt': return { type: 'audio', media, mimetype, seconds, ptt: true }
        case 'document': return { type: 'document', media, mimetype, fileName, caption: text }
        case 'sticker': return { type: 'sticker', media, mimetype }
        case 'location': return { locationMessage: { degreesLatitude: latitude, degreesLongitude: longitude, name: text } }
        case 'contact': return { contactMessage: { displayName: text, vcard: vcard(text, number) } }
        case 'poll': return { pollCreationMessageV3: { name: text, options: options.map(optionName => ({ optionName })), selectableOptionsCount: 1 }, messageContextInfo: { messageSecret: new Uint8Array(randomBytes(32)) } }
        case 'reaction': return { reactionMessage: { key: key(), text, senderTimestampMs: Date.now() } }
        case 'edit': return { protocolMessage: { key: key(), type: 14, editedMessage: { conversation: text }, timestampMs: Date.now() } }
        case 'delete': return { protocolMessage: { key: key(), type: 0 } }
        default: throw new Error(`no such kind: ${kind}`)
    }
}

/** A vote on a poll of ours. (Its own automatic opening takes the asker's device address, which is in no vote.) */
async function onVote(id, from, { pollCreationMessageKey: { id: target }, vote }) {
    const poll = known.get(target)
    if (!poll?.secret) return
    const voter = from.replace(/:\d+@/, '@')
    const plaintext = await decryptAddonPayload({
        messageSecret: poll.secret, stanzaId: target, parentMsgOriginalSender: poll.from.replace(/:\d+@/, '@'), modificationSender: voter, modificationType: 'Poll Vote',
        ciphertext: vote.encPayload, iv: vote.encIv, additionalData: buildAddonAdditionalData(target, voter),
    })
    emit('vote', { id, target, options: chosen(pollOf(poll.content), proto.Message.PollVoteMessage.decode(plaintext).selectedOptions) })
}

/** A vote on a poll of somebody else, sealed with the library's own code. */
async function voteOf({ target, options }) {
    const { key, from, secret } = known.get(target)
    const me = (from.endsWith('@lid') ? credentials.meLid : credentials.meJid).replace(/:\d+@/, '@')
    const iv = new Uint8Array(randomBytes(12))
    const payload = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(name => createHash('sha256').update(name).digest()) }).finish()
    const encPayload = await encryptAddonPayload({
        messageSecret: secret, stanzaId: target, parentMsgOriginalSender: from.replace(/:\d+@/, '@'), modificationSender: me, modificationType: 'Poll Vote', payload, iv,
        additionalData: buildAddonAdditionalData(target, me),
    })
    return { pollUpdateMessage: { pollCreationMessageKey: key, vote: { encPayload, encIv: iv }, senderTimestampMs: Date.now() } }
}

function quote(id) {
    const found = id && known.get(id)
    return found ? { stanzaId: id, participant: found.from.replace(/:\d+@/, '@'), quotedMessage: found.content } : {}
}

serve({
    async start(command) { create(command); await client.connect() },
    async reconnect() { await client.connect() },
    async close() { await client.disconnect() },
    // The answer and the stream error that follows may come in one WebSocket message; then the error wins. The close event tells the outcome.
    async logout() { await client.logout().catch(error => { if (error.message !== 'client disconnected') throw error }) },
    async pairCode({ phoneNumber }) { return { code: await client.requestPairingCode(phoneNumber) } },
    async ping() {
        const answer = await client.query({ tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' }, content: [{ tag: 'ping', attrs: {} }] })
        return { type: answer.attrs.type }
    },
    async send(command) {
        const content = command.kind === 'vote' ? await voteOf(command) : contentOf(command)
        const { id } = await client.sendMessage(command.to, content, { id: command.id })
        known.set(id, { key: { remoteJid: command.to, id, fromMe: true }, from: credentials.meJid, content: typeof content === 'string' ? { conversation: content } : content, secret: content.messageContextInfo?.messageSecret })
        return { id }
    },
    async read({ chat, id, participant }) { await client.sendReceipt({ to: chat, id, type: 'read', participant }) },
})
