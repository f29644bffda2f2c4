// An S3 server on loopback for the tests: node server.mjs FOLDER → prints {"port":N}, ends when its input ends.
import S3rver from 's3rver';

const server = new S3rver({ address: '127.0.0.1', port: 0, directory: process.argv[2], silent: true, vhostBuckets: false });
const { port } = await server.run();
console.log(JSON.stringify({ port }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
