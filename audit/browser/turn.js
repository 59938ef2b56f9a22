/** The turn of others: long work is done in pieces, so that a page stays usable. */

/** Let whatever waits go first. A message comes at once, where a timer would wait for milliseconds. */
export function turnOfOthers() {
  return new Promise((resume) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resume(undefined);
    };
    port2.postMessage(null);
  });
}
