// Baileys 6.17.16 as a linked device, driven over JSON lines (lines.mjs). Credentials and sessions live in memory.
// INTEROP_TRACE=1 prints the library's own log, with every stanza, to stderr.
import baileys from 'baileys'
import { readFileSync } from 'node:fs'
import { chosen, describe, fileOf, pollOf, sha256, vcard } from './content.mjs'
import { emit, serve } from './lines.mjs'

const { makeWASocket, initAuthCreds, BufferJSON, Browsers, DisconnectReason, downloadContentFromMessage } = baileys

const StatusNames = { 2: 'server', 3: 'delivery', 4: 'read', 5: 'played' }
const keys = new Map()
const known = new Map()
const creds = initAuthCreds()
let socket, url, wanted = false
let closed = () => {}

const logger = { level: process.env.INTEROP_TRACE ? 'trace' : 'silent', child: () => logger }
for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    logger[level] = (...what) => { if (process.env.INTEROP_TRACE) console.error(level, ...what.map(part => typeof part === 'string' ? part : JSON.stringify(part, BufferJSON.replacer))) }

const store = {
    async get(type, ids) {
        return Object.fromEntries(ids.filter(id => keys.has(`${type} ${id}`)).map(id => [id, keys.get(`${type} ${id}`)]))
    },
    async set(data) {
        for (const type in data)
            for (const id in data[type])
                if (data[type][id]) keys.set(`${type} ${id}`, data[type][id])
                else keys.delete(`${type} ${id}`)
    },
}

function connect() {
    wanted = true
    const mine = makeWASocket({
        auth: { creds, keys: store },
        waWebSocketUrl: url,
        browser: Browsers.ubuntu('Chrome'),
        logger,
        retryRequestDelayMs: 20,
        generateHighQualityLinkPreview: false,
        getMessage: async ({ id }) => known.get(id)?.message,
    })
    socket = mine
    mine.ev.on('creds.update', update => Object.assign(creds, update))
    mine.ev.on('connection.update', update => { if (mine === socket) onConnection(update) })
    mine.ev.on('messages.upsert', ({ messages }) => messages.forEach(onMessage))
    mine.ev.on('messages.update', updates => {
        for (const { key, update } of updates)
            if (update.pollUpdates) onVotes(key, update.pollUpdates)
            else if (update.status) emit('receipt', { id: key.id, from: key.remoteJid, type: StatusNames[update.status] ?? String(update.status) })
    })
    mine.ws.on('CB:message', node => {
        for (const child of node.content ?? [])
            if (child.tag === 'enc') emit('cipher', { id: node.attrs.id, from: node.attrs.from, type: child.attrs.type, offline: node.attrs.offline !== undefined })
    })
}

function onConnection({ connection, qr, isNewLogin, lastDisconnect }) {
    if (qr) emit('qr', { text: qr })
    if (isNewLogin) emit('paired', { jid: creds.me?.id, lid: creds.me?.lid })
    if (connection === 'open') emit('open', { jid: creds.me?.id, lid: creds.me?.lid })
    if (connection !== 'close') return
    const code = lastDisconnect?.error?.output?.statusCode
    emit('close', { code, reason: String(lastDisconnect?.error?.message ?? ''), logout: code === DisconnectReason.loggedOut })
    closed()
    if (code === DisconnectReason.restartRequired && wanted) connect()
}

async function onMessage(message) {
    const seen = describe(message.message)
    if (!seen) return
    const { key } = message
    known.set(key.id, message)
    const found = fileOf(message.message)
    if (found) Object.assign(seen, await download(found))
    emit('message', { id: key.id, from: key.participant ?? key.remoteJid, chat: key.remoteJid, fromMe: !!key.fromMe, ...seen })
}

function onVotes({ id }, updates) {
    const poll = pollOf(known.get(id)?.message)
    for (const { vote, pollUpdateMessageKey } of updates)
        if (poll) emit('vote', { id: pollUpdateMessageKey.id, target: id, options: chosen(poll, vote.selectedOptions) })
}

/** Fetches and decrypts with the library's own code. */
async function download({ kind, file }) {
    try {
        const pieces = []
        for await (const piece of await downloadContentFromMessage(file, kind)) pieces.push(piece)
        const bytes = Buffer.concat(pieces)
        return { size: bytes.length, sha256: sha256(bytes) }
    } catch (error) {
        return { failure: String(error) }
    }
}

/** What the library is given for each kind of message. */
function contentOf({ kind = 'text', to, text, path, mimetype, fileName, seconds, number, latitude, longitude, options, target, targetFromMe, mentions }) {
    const bytes = path && readFileSync(path)
    const key = () => known.get(target)?.key ?? { remoteJid: to, id: target, fromMe: !!targetFromMe }
    switch (kind) {
        case 'text': return { text, mentions }
        // A thumbnail is given: Baileys would need an image library to make one.
        case 'image': return { image: bytes, caption: text, mimetype, jpegThumbnail: '' }
        case 'video': return { video: bytes, caption: text, mimetype, seconds, jpegThumbnail: '' }
        case 'gif': return { video: bytes, caption: text, mimetype, seconds, gifPlayback: true, jpegThumbnail: '' }
        case 'ptv': return { video: bytes, mimetype, seconds, ptv: true, jpegThumbnail: '' }
        case 'audio': return { audio: bytes, mimetype, seconds }
        case 'ptt': return { audio: bytes, mimetype, seconds, ptt: true }
        case 'document': return { document: bytes, caption: text, mimetype, fileName }
        case 'sticker': return { sticker: bytes, mimetype }
        case 'location': return { location: { degreesLatitude: latitude, degreesLongitude: longitude, name: text } }
        case 'contact': return { contacts: { displayName: text, contacts: [{ displayName: text, vcard: vcard(text, number) }] } }
        case 'poll': return { poll: { name: text, values: options, selectableCount: 1 } }
        case 'reaction': return { react: { text, key: key() } }
        case 'edit': return { text, edit: key() }
        case 'delete': return { delete: key() }
        default: throw new Error(`no such kind: ${kind}`)
    }
}

async function ping() {
    const answer = await socket.query({ tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' }, content: [{ tag: 'ping', attrs: {} }] })
    return { type: answer.attrs.type }
}

serve({
    async start(command) { url = command.url; connect() },
    async reconnect() { connect() },
    async close() { wanted = false; await new Promise(done => { closed = done; socket.end(undefined) }) },
    async logout() { wanted = false; await socket.logout() },
    async pairCode({ phoneNumber }) {
        const code = await socket.requestPairingCode(phoneNumber)
        // The request is not awaited by the library; the server answers in order.
        await ping()
        return { code }
    },
    ping,
    async send(command) {
        const message = await socket.sendMessage(command.to, contentOf(command), { quoted: known.get(command.quoted), messageId: command.id })
        known.set(message.key.id, message)
        return { id: message.key.id }
    },
    async read({ chat, id, participant }) { await socket.readMessages([{ remoteJid: chat, id, participant, fromMe: false }]) },
})
