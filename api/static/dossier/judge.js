/** A dossier judged, by one trust file after the other, and its case read out of it: all that needs no page. */
import { judgeDossier, verdictOfUnread } from "../../../audit/browser/dossier.js";
import { parseDossier } from "../../../audit/browser/dossier_file.js";
import { publishedStates } from "../../../audit/browser/fold/published.js";
import { parseTrust } from "../../../audit/browser/trust.js";
import { caseOf, toldOf } from "./case.js";

/** Whoever judges one dossier, which is read once. */
export class Judge {
  /** The bytes of its file. */
  constructor(data) {
    this.data = data;
    this.dossier = null;
  }

  /** Its verdict by a trust file, as bytes, or the one inside; what cannot be read has a verdict, and no case to tell. */
  async by(trust, progress) {
    try {
      this.dossier ??= await parseDossier(this.data);
    } catch (wrong) {
      return { verdict: verdictOfUnread(wrong), found: null };
    }
    const believed = trust === null ? null : await parseTrust(trust);
    const { verdict, good } = await judgeDossier(this.dossier, believed, progress, publishedStates);
    return { verdict, found: toldOf(caseOf(this.dossier, good), verdict) };
  }
}

/** Answer in a worker: to a file and a trust file with a verdict, and before it how far it has come. */
export function answerIn(worker) {
  let judge = null;
  const progress = (done, total) => worker.postMessage({ progress: [done, total] });
  worker.onmessage = async ({ data: { data, trust } }) => {
    try {
      judge ??= new Judge(data);
      worker.postMessage({ answer: await judge.by(trust, progress) });
    } catch (wrong) {
      worker.postMessage({ failure: String(wrong?.message ?? wrong) });
    }
  };
}
