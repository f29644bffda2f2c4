// zapo-js 0.3.0 as a linked device, driven over JSON lines (lines.mjs). Credentials and sessions live in memory.
// INTEROP_TRACE=1 prints the library's own log and every stanza to stderr.
import { createRequire } from 'node:module'
import { emit, serve, describe } from './lines.mjs'

const require = createRequire(import.meta.url)
globalThis.WebSocket ??= require('ws')
const { WaClient, createStore, ConsoleLogger } = require('zapo-js')

const tracing = !!process.env.INTEROP_TRACE
const log = level => (message, context) => { if (tracing) console.error(level, message, JSON.stringify(context ?? {})) }
const logger = { level: tracing ? 'trace' : 'error', trace: log('trace'), debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }

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
    client.on('message', event => {
        const text = event.message?.conversation ?? event.message?.extendedTextMessage?.text
            ?? event.message?.deviceSentMessage?.message?.conversation ?? event.message?.deviceSentMessage?.message?.extendedTextMessage?.text
        if (text) emit('message', { id: event.stanzaId, from: event.senderJid, chat: event.chatJid, fromMe: !!event.message?.deviceSentMessage, text })
    })
    client.on('message_receipt', ({ stanzaId, chatJid, stanzaType }) => emit('receipt', { id: stanzaId, from: chatJid, type: stanzaType ?? 'delivery' }))
    client.on('transport_node_in', ({ node }) => {
        if (tracing) console.error('in', JSON.stringify(node, (key, value) => value?.type === 'Buffer' || value instanceof Uint8Array ? 'bytes' : value))
        if (node.tag !== 'message' || !Array.isArray(node.content)) return
        for (const child of node.content)
            if (child.tag === 'enc') emit('cipher', { id: node.attrs.id, from: node.attrs.from, type: child.attrs.type, offline: node.attrs.offline !== undefined })
    })
    if (tracing) client.on('transport_node_out', ({ node }) => console.error('out', JSON.stringify(node, (key, value) => value instanceof Uint8Array ? 'bytes' : value)))
    client.on('client_error', ({ error }) => { if (tracing) console.error('client_error', describe(error)) })
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
    async send({ to, text }) { return { id: (await client.sendMessage(to, text)).id } },
    async read({ chat, id, participant }) { await client.sendReceipt({ to: chat, id, type: 'read', participant }) },
})
