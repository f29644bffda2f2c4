// Makes the table "endpoint × library" of what the interop tests saw work, prints it, and fails when a tick is missing or README.md shows another one.
//   node tests/interop-report.mjs LOG           LOG has one line "endpoint TAB to|from TAB library" per success (InteropLog)
//   node tests/interop-report.mjs LOG --write   puts the table into README.md
import { readFileSync, writeFileSync } from 'node:fs'

const columns = [
    { title: 'ours → Baileys', direction: 'to', library: 'Baileys' }, { title: 'ours → zapo-js', direction: 'to', library: 'Zapo' },
    { title: 'Baileys → ours', direction: 'from', library: 'Baileys' }, { title: 'zapo-js → ours', direction: 'from', library: 'Zapo' },
]

// What is noted, what the README calls it, and where it goes; 'to' = there is nothing to receive.
const rows = [
    ['sendMessage', '`sendMessage`, mentions'],
    ['reply', '`sendMessage`, `quoted`'],
    ['group', '`sendMessage` to a group'],
    ['sendImage', '`sendImage`'],
    ['sendVideo', '`sendVideo`'],
    ['gif', '`sendVideo`, `gif`'],
    ['note', '`sendVideo`, `note`'],
    ['sendAudio', '`sendAudio`'],
    ['audio', '`sendAudio`, `ptt: false`'],
    ['sendFile', '`sendFile`'],
    ['sendSticker', '`sendSticker`'],
    ['groupImage', '`sendImage` to a group'],
    ['sendLocation', '`sendLocation`'],
    ['sendContact', '`sendContact`'],
    ['sendToLid', '`sendToLid`'],
    ['sendPoll', '`sendPoll`'],
    ['sendReaction', '`sendReaction`'],
    ['edit', '`PATCH messages/{id}`'],
    ['delete', '`DELETE messages/{id}`'],
    ['forward', '`messages/{id}/forward`', 'to'],
]

const [log, write] = process.argv.slice(2)
const seen = new Set(readFileSync(log, 'utf8').split('\n').filter(Boolean))
const problems = []

const cell = ([name, , only], { direction, library, title }) => {
    if (only && only !== direction) return '–'
    if (seen.has(`${name}\t${direction}\t${library}`)) return '✔'
    problems.push(`${name}: not seen ${title}`)
    return '✘'
}
const table = [
    `| | ${columns.map(column => column.title).join(' | ')} |`, `|---|${columns.map(() => '---|').join('')}`,
    ...rows.map(row => `| ${row[1]} | ${columns.map(column => cell(row, column)).join(' | ')} |`),
].join('\n')
console.log(table)

const names = new Set(rows.map(([name]) => name))
for (const name of new Set([...seen].map(line => line.split('\t')[0]))) if (!names.has(name)) problems.push(`${name}: seen, but in no row of tests/interop-report.mjs`)

const readme = new URL('../README.md', import.meta.url)
const text = readFileSync(readme, 'utf8')
const [start, end] = ['<!-- interop: made by tests/interop-report.mjs -->\n', '\n<!-- /interop -->']
const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)]
if (!text.includes(start) || to < from) problems.push('README.md has no place for the table')
else if (write === '--write' && !problems.length) writeFileSync(readme, text.slice(0, from) + table + text.slice(to))
else if (text.slice(from, to) !== table) problems.push('README.md shows another table')

for (const problem of problems) console.error(`interop: ${problem}`)
process.exit(problems.length ? 1 : 0)
