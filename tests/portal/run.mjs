// node run.mjs --list SPEC    prints {"tests": [names], "stage": {...}} and ends
// node run.mjs SPEC           plays tests of it, as standard input says; one process and one browser for all of them
//
// Lines of JSON, both ways. In: {"run": index, "seen": folder} and, for each call of ours, {"call": id, "result" | "error"}.
// Out, with a mark before each, so that specs may print: {"call": id, "verb", "arguments"}, which asks the python side to do something,
// and {"done": {...}} after each test. The end of standard input is the end of the browser and of this process.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { tests } from './lib/spec.mjs';

const [first, second] = process.argv.slice(2);
const spec = await import(pathToFileURL(first === '--list' ? second : first).href);
if (first === '--list') {
    console.log(JSON.stringify({ tests: tests.map((each) => each.name), stage: spec.stage ?? {} }));
} else {
    const { Player } = await import('./lib/player.mjs');
    await serve(new Player(send));
}

function send(message) {
    process.stdout.write(`\x1e${JSON.stringify(message)}\n`);
}

async function serve(player) {
    for await (const line of createInterface({ input: process.stdin })) {
        const message = JSON.parse(line);
        if ('call' in message) player.answer(message);
        else void player.play(tests[message.run], message.seen).then((done) => send({ done }));
    }
    await player.close();
    process.exit(0);
}
