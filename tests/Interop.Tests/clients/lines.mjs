// JSON lines between a client program and the test that drives it: commands on stdin, events on stdout, one object a line.
//
//   command   {"do": "start", "tag": 1, …}
//   answer    {"event": "done", "tag": 1, …}   or   {"event": "failed", "tag": 1, "message": "…"}
//   event     {"event": "qr" | "paired" | "open" | "close" | "message" | "cipher" | "receipt", …}
//
// Whatever a library prints by itself goes to stderr, so that it cannot be taken for an event.
import { createInterface } from 'node:readline'

const write = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

export function emit(event, fields = {}) {
    write(JSON.stringify({ event, ...fields }) + '\n')
}

/** Runs `commands[name](command)` for each line, one after the other, and answers with what it returns. Ends with stdin. */
export function serve(commands) {
    process.on('unhandledRejection', reason => emit('error', { message: describe(reason) }))
    process.on('uncaughtException', error => { emit('error', { message: describe(error) }); process.exit(1) })
    let last = Promise.resolve()
    createInterface({ input: process.stdin }).on('line', line => {
        last = last.then(async () => {
            const { do: name, tag, ...command } = JSON.parse(line)
            try {
                const answer = await commands[name](command)
                emit('done', { tag, ...answer })
            } catch (error) {
                emit('failed', { tag, message: describe(error) })
            }
        })
    }).on('close', () => last.then(() => process.exit(0)))
}

export const describe = error => String(error?.stack ?? error)
