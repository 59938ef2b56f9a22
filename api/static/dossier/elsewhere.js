/** The work done beside the page, so that the page stays usable: in a worker of this very script, where there can be one. */
import { Judge } from "./judge.js";

const SOURCE = document.currentScript.textContent;

/** There is no worker to be had here. */
class NoWorker extends Error {}

/** Judges one dossier beside the page, or, where that cannot be, in it. */
export class JudgeElsewhere {
  /** The bytes of its file. */
  constructor(data) {
    this.data = data;
    this.here = null;
    this.worker = null;
  }

  /** As `Judge` answers. */
  async by(trust, progress) {
    try {
      if (this.here === null) return await this.asked(trust, progress);
    } catch (wrong) {
      if (!(wrong instanceof NoWorker)) throw wrong;
    }
    this.here ??= new Judge(this.data);
    return this.here.by(trust, progress);
  }

  asked(trust, progress) {
    return new Promise((resolve, reject) => {
      const worker = this.started();
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new NoWorker());
      };
      worker.onmessage = ({ data }) => {
        if (data.progress) progress(...data.progress);
        else if (data.answer) resolve(data.answer);
        else reject(new Error(data.failure));
      };
      worker.postMessage({ data: this.data, trust });
    });
  }

  /** A page may be shown by what knows no workers, or forbids them. */
  started() {
    try {
      this.worker ??= new Worker(URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" })));
    } catch {
      throw new NoWorker();
    }
    return this.worker;
  }
}
