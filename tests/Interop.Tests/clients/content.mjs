// What a decrypted Message (wire/04 §13.2) says, in words both client programs share; the libraries hand it over as the same protobuf object.
import { createHash } from 'node:crypto'

const wrappers = ['deviceSentMessage', 'ephemeralMessage', 'viewOnceMessage', 'viewOnceMessageV2', 'viewOnceMessageV2Extension', 'documentWithCaptionMessage', 'editedMessage']
const files = { imageMessage: 'image', videoMessage: 'video', ptvMessage: 'ptv', audioMessage: 'audio', documentMessage: 'document', stickerMessage: 'sticker' }
const polls = ['pollCreationMessage', 'pollCreationMessageV2', 'pollCreationMessageV3', 'pollCreationMessageV5', 'pollCreationMessageV6']

/** The content without its wrappers. */
export function unwrap(message) {
    let content = message
    for (let depth = 0; depth < 8; depth++) {
        const inner = wrappers.map(name => content?.[name]?.message).find(Boolean)
        if (!inner) return content
        content = inner
    }
    return content
}

/** The part that holds the file: `{ kind, file }`, or null. */
export function fileOf(message) {
    const content = unwrap(message)
    const name = Object.keys(files).find(key => content?.[key])
    return name ? { kind: files[name], file: content[name] } : null
}

export const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')

/** Type, text and whatever else a person would see. */
export function describe(message) {
    const content = unwrap(message) ?? {}
    const poll = pollOf(content)
    const protocol = content.protocolMessage
    const edited = unwrap(protocol?.editedMessage)
    const found = fileOf(message)
    const seen = found ? file(found)
        : text(content) !== undefined ? { type: 'text', text: text(content) }
        : content.locationMessage ? place(content.locationMessage)
        : content.contactMessage ? { type: 'contact', text: content.contactMessage.displayName, vcards: [content.contactMessage.vcard] }
        : content.contactsArrayMessage ? { type: 'contacts', text: content.contactsArrayMessage.displayName, vcards: content.contactsArrayMessage.contacts.map(one => one.vcard) }
        : poll ? { type: 'poll', text: poll.name, options: poll.options.map(one => one.optionName), selectable: poll.selectableOptionsCount ?? 0 }
        : content.reactionMessage ? { type: 'reaction', text: content.reactionMessage.text ?? '', target: content.reactionMessage.key?.id }
        : edited ? { type: 'edited', text: text(edited), target: protocol.key?.id }
        : protocol && (protocol.type ?? 0) === 0 && protocol.key ? { type: 'deleted', target: protocol.key.id }
        : null
    const context = Object.values(content).map(part => part?.contextInfo).find(Boolean)
    return seen && {
        ...seen,
        quotedId: context?.stanzaId || undefined,
        quotedText: text(unwrap(context?.quotedMessage)),
        mentions: context?.mentionedJid?.length ? context.mentionedJid : undefined,
        forwarded: context?.isForwarded || undefined,
    }
}

const text = content => content?.conversation || content?.extendedTextMessage?.text || undefined

const place = at => ({ type: 'location', text: at.name, latitude: String(at.degreesLatitude), longitude: String(at.degreesLongitude), address: at.address })

const file = ({ kind, file }) => ({
    type: kind === 'audio' && file.ptt ? 'ptt' : kind === 'video' && file.gifPlayback ? 'gif' : kind,
    text: file.caption || undefined, mimetype: file.mimetype, fileName: file.fileName || undefined, length: Number(file.fileLength), seconds: file.seconds || undefined,
    claimed: Buffer.from(file.fileSha256 ?? []).toString('hex'), waveform: file.waveform?.length ?? 0,
})

/** The poll inside a content, or undefined. */
export const pollOf = message => polls.map(name => unwrap(message)?.[name]).find(Boolean)

/** The options of a poll that a vote's hashes name. */
export function chosen(poll, hashes) {
    const wanted = new Set(hashes.map(hash => Buffer.from(hash).toString('hex')))
    return poll.options.map(one => one.optionName).filter(name => wanted.has(sha256(name)))
}

/** One vCard, as clients write it. */
export const vcard = (name, number) => `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${number}:+${number}\nEND:VCARD`
