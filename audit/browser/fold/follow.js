/** What follows from each kind of statement: the closed set, and for those that move scores, what they change. */
import { dayOf, lastDays, minutesAhead, momentAfter } from "./calendar.js";
import { readCriteriaSet, readNumbers } from "./criteria.js";
import { readExact } from "./fractions.js";
import { cellOf, entryOf, FoldError } from "./record.js";
import { checkBody } from "./shapes.js";

/** @typedef {import("./record.js").FoldRecord} FoldRecord */
/**
 * A statement of the log with its position and the moment when its first byte came.
 * @typedef {object} Told
 * @property {number} position
 * @property {any} statement
 * @property {string} arrived_at
 */
/**
 * What a kind changes in the record; the answer says whose cards may be others now.
 * @typedef {(record: FoldRecord, told: Told) => string} Follow
 */

export const MOVES_NOTHING = "nothing";
export const MOVES_AGENCY = "agency";
export const MOVES_ROUND = "round";
export const PUBLISHES = "publishes";

/** @type {Record<string, Follow>} */
const FOLLOWING = {
  "LogOpened.v1": logOpened,
  "AgencyRegistered.v1": agencyRegistered,
  "AgencyRenamed.v1": agencyRenamed,
  "AgencyMerged.v1": agencyEnded,
  "AgencyClosed.v1": agencyEnded,
  "CriteriaSetIssued.v1": criteriaSetIssued,
  "RoundOpened.v1": roundOpened,
  "PhaseOpened.v1": phaseOpened,
  "DeadlineExtended.v1": deadlineExtended,
  "ResultPublished.v1": resultPublished,
  "FocalOfficerAssigned.v1": focalOfficerAssigned,
  "PreviousResultRecorded.v1": previousResultRecorded,
  "SelfAssessmentSubmitted.v1": reportCame("SELF_ASSESSMENT"),
  "ExplanationSubmitted.v1": reportCame("EXPLANATION"),
  "SelfScoreDeclared.v1": declaredAnew,
  "QuantitiesDeclared.v1": declaredAnew,
  "EvidenceReturned.v1": evidenceReturned,
  "InspectionNoteRecorded.v1": verifiedAnew,
  "InspectionNoteAmended.v1": verifiedAnew,
  "SurveyTallied.v1": surveyTallied,
  "SpecialCaseDecided.v1": decidedOrOut,
  "BonusDecided.v1": decidedBy("points"),
  "DeductionDecided.v1": decidedBy("points"),
  "CouncilAdjustmentMade.v1": decidedBy("new_points"),
  "VerificationWaived.v1": verificationWaived,
  "DisputeDecided.v1": decidedOrOut,
};

/** Kinds that move no score: who they are about is counted, and nothing else of them matters here. */
const WITHOUT_EFFECT = [
  "OfficerRegistered.v1",
  "OfficerTransferred.v1",
  "RoleGranted.v1",
  "RoleEnded.v1",
  "RegulationIssued.v1",
  "OpeningsErased.v1",
  "GuidanceIssued.v1",
  "GuidanceReceived.v1",
  "QuestionAsked.v1",
  "QuestionAnswered.v1",
  "CriteriaFeedbackSubmitted.v1",
  "FeedbackAnswered.v1",
  "OfficerSeconded.v1",
  "TeamFormed.v1",
  "TeamAssigned.v1",
  "ApprovalProposed.v1",
  "ResultApproved.v1",
  "ProjectionAttested.v1",
  "AttestationConfirmed.v1",
  "ReviewConferenceHeld.v1",
  "DelegationGranted.v1",
  "DelegationEnded.v1",
  "EvidenceRequested.v1",
  "EvidenceSubmitted.v1",
  "EvidenceReused.v1",
  "ExplanationRequested.v1",
  "MinutesSigned.v1",
  "DossierCompiled.v1",
  "DossierUnfrozen.v1",
  "SpecialCaseClaimed.v1",
  "SectorPolicyClaimed.v1",
  "InitiativeClaimed.v1",
  "ImprovementCommitted.v1",
  "ImprovementReported.v1",
  "AwardGranted.v1",
  "SurveyWaveOpened.v1",
  "BallotsRecorded.v1",
  "SurveyWaveClosed.v1",
  "CouncilEstablished.v1",
  "ScoringMethodAgreed.v1",
  "RecusalDeclared.v1",
  "OpinionRequested.v1",
  "OpinionSealed.v1",
  "OpinionOpened.v1",
  "OpinionsClosed.v1",
  "MeetingOpened.v1",
  "MeetingClosed.v1",
  "MotionPut.v1",
  "RemarkMade.v1",
  "VoteCast.v1",
  "DissentRecorded.v1",
  "DisputeFiled.v1",
  "DisputeWithdrawn.v1",
  "DisputeAccepted.v1",
  "AffectedNotified.v1",
  "PartyHeard.v1",
  "ReviewerAssigned.v1",
  "ReverificationRecorded.v1",
];

/** Kinds about keys: who may sign is not the fold's business. */
const ABOUT_KEYS = [
  "KeyEnrolled.v1",
  "KeyRotated.v1",
  "KeyRevoked.v1",
  "KeySuspended.v1",
  "KeyReinstated.v1",
  "LogKeyRotated.v1",
  "StatementReaffirmed.v1",
  "StatementRepudiated.v1",
  "CertificateBound.v1",
];

/** @type {Map<string, Follow>} */
const KNOWN_KINDS = new Map([
  ...[...WITHOUT_EFFECT, ...ABOUT_KEYS].map((kind) => /** @type {[string, Follow]} */ ([kind, () => MOVES_NOTHING])),
  ...Object.entries(FOLLOWING),
]);

/** The closed set: the kinds that the fold acts upon, and those of which it knows that they move no score. */
export function kindsOfFold() {
  return { acting: Object.keys(FOLLOWING), without: [...WITHOUT_EFFECT], keys: [...ABOUT_KEYS] };
}

/**
 * Let a statement change the record; throws FoldError for a kind outside the closed set, and for a body
 * that is not of its kind's shape. Where something that it builds on was left out of the fold, it has no effect.
 * @param {FoldRecord} record
 * @param {Told} told
 */
export function followStatement(record, told) {
  const { type, round, agency, criterion } = told.statement;
  const follow = KNOWN_KINDS.get(type);
  if (!follow) throw new FoldError("fold.unknown_kind", { position: told.position, kind: String(type).slice(0, 80) });
  checkBody(type, told.statement.body, told.position);
  const moves = follow(record, told);
  if (isNamed(round) && isNamed(agency)) {
    entryOf(record.dossier(round, agency).about, criterion ?? "", () => /** @type {number[]} */ ([])).push(told.position);
  }
  return moves;
}

/**
 * Whether a field of a header or body is there; readers say of one that is not that it is undefined, or null.
 * @param {unknown} field
 */
function isNamed(field) {
  return field !== undefined && field !== null;
}

// --- the registry ---------------------------------------------------------------------------------------

/** @type {Follow} */
function logOpened(record, { statement: { log, body } }) {
  record.log = { origin: log, clock: body.clock, utcOffset: body.utc_offset, ahead: minutesAhead(body.utc_offset) };
  return MOVES_NOTHING;
}

/** @type {Follow} */
function agencyRegistered(record, { statement: { body } }) {
  const { code, name_vi: nameVi, name_en: nameEn, block, since } = body;
  record.agencies.set(code, { code, nameVi, nameEn, block, since, until: null });
  return MOVES_NOTHING;
}

/** @type {Follow} */
function agencyRenamed(record, { statement: { body } }) {
  const agency = record.agencies.get(body.code);
  if (agency) Object.assign(agency, { nameVi: body.name_vi, nameEn: body.name_en });
  return MOVES_NOTHING;
}

/** @type {Follow} */
function agencyEnded(record, { statement: { body } }) {
  const agency = record.agencies.get(body.code);
  if (agency) agency.until = body.until;
  return MOVES_NOTHING;
}

/** @type {Follow} */
function criteriaSetIssued(record, { statement: { body } }) {
  const set = readCriteriaSet(body.criteria_set);
  record.criteriaSets.set(setName(set.code, set.version), set);
  return MOVES_NOTHING;
}

/**
 * @param {string} code
 * @param {string} version
 */
function setName(code, version) {
  return JSON.stringify([code, version]);
}

// --- the round ------------------------------------------------------------------------------------------

/** @type {Follow} */
function roundOpened(record, { statement: { round: code, body }, arrived_at: arrivedAt }) {
  const criteria = record.criteriaSets.get(setName(body.criteria_set, body.criteria_version));
  if (!criteria || !record.log) return MOVES_NOTHING;
  const round = {
    code,
    evaluatedYear: body.evaluated_year,
    criteria,
    agencies: rankedIn(record, body.evaluated_year),
    deadlines: [...body.deadlines],
    holidays: new Set(/** @type {string[]} */ (body.holidays).map(dayOf)),
    due: new Map(),
    opened: new Map([["PREPARATION", arrivedAt]]),
    phase: "PREPARATION",
    versions: [],
  };
  record.rounds.set(code, round);
  setDue(round, record.log.ahead);
  return MOVES_ROUND;
}

/**
 * Those ranked: agencies that exist on the last day of the evaluated year.
 * @param {FoldRecord} record
 * @param {number} year
 */
function rankedIn(record, year) {
  const lastDay = `${year}-12-31`;
  const alive = [...record.agencies.values()].filter(
    ({ since, until }) => since <= lastDay && (until === null || lastDay <= until),
  );
  return new Map(alive.map(({ code, block }) => [code, block]));
}

/**
 * @param {import("./record.js").Round} round
 * @param {number} ahead minutes that the log's zone is ahead of UTC
 */
function setDue(round, ahead) {
  const last = lastDays(round.deadlines, round.holidays);
  round.due = new Map([...last].map(([phase, day]) => [phase, momentAfter(day, ahead)]));
}

/** @type {Follow} */
function phaseOpened(record, told) {
  const round = record.rounds.get(told.statement.round);
  if (!round) return MOVES_NOTHING;
  round.phase = told.statement.body.phase;
  round.opened.set(round.phase, told.arrived_at);
  return MOVES_ROUND;
}

/** @type {Follow} */
function deadlineExtended(record, told) {
  const round = record.rounds.get(told.statement.round);
  if (!round || !record.log) return MOVES_NOTHING;
  const { phase, due } = told.statement.body;
  round.deadlines = round.deadlines.map((rule) => (rule.phase === phase ? { phase, on: due } : rule));
  setDue(round, record.log.ahead);
  return MOVES_ROUND;
}

/** @type {Follow} */
function resultPublished(record, told) {
  const round = record.rounds.get(told.statement.round);
  if (!round) return MOVES_NOTHING;
  round.phase = "PUBLISHED";
  if (!round.opened.has(round.phase)) round.opened.set(round.phase, told.arrived_at);
  return PUBLISHES;
}

// --- the dossier ----------------------------------------------------------------------------------------

/**
 * @param {FoldRecord} record
 * @param {Told} told
 */
function dossierOf(record, { statement: { round, agency } }) {
  return record.dossier(round, agency);
}

/**
 * An officer with a deputy counts since there have been both; without one, until self-assessment opens, anew.
 * @type {Follow}
 */
function focalOfficerAssigned(record, told) {
  const { focal } = dossierOf(record, told);
  if (isNamed(told.statement.body.deputy)) {
    if (focal.since === null) Object.assign(focal, { since: told.arrived_at, position: told.position });
  } else if (record.rounds.get(told.statement.round)?.opened.has("SELF_ASSESSMENT") === false) {
    Object.assign(focal, { since: null, position: null });
  }
  return MOVES_AGENCY;
}

/** @type {Follow} */
function previousResultRecorded(record, told) {
  const total = readExact(told.statement.body.total);
  dossierOf(record, told).previous = { total, position: told.position };
  return MOVES_AGENCY;
}

/**
 * @param {string} phase
 * @returns {Follow}
 */
function reportCame(phase) {
  return (record, told) => {
    dossierOf(record, told).reports.push({ position: told.position, phase, arrivedAt: told.arrived_at });
    return MOVES_AGENCY;
  };
}

// --- cells ----------------------------------------------------------------------------------------------

/**
 * @param {FoldRecord} record
 * @param {Told} told
 */
function cellFor(record, told) {
  return cellOf(dossierOf(record, told), told.statement.criterion);
}

/**
 * @param {Told} told
 * @param {{points?: string, quantities?: Record<string, string>, quality?: string}} stated
 * @returns {import("./record.js").ScoreAct}
 */
function actOf({ position, arrived_at: arrivedAt }, { points, quantities, quality }) {
  return {
    position,
    arrivedAt,
    points: isNamed(points) ? readExact(points) : null,
    quantities: readNumbers(quantities ?? {}),
    quality: quality ?? "SOUND",
  };
}

/** @type {Follow} */
function declaredAnew(record, told) {
  cellFor(record, told).declared = actOf(told, told.statement.body);
  return MOVES_AGENCY;
}

/** @type {Follow} */
function verifiedAnew(record, told) {
  cellFor(record, told).verified = actOf(told, told.statement.body);
  return MOVES_AGENCY;
}

/** @type {Follow} */
function evidenceReturned(record, told) {
  cellFor(record, told).returned = true;
  return MOVES_AGENCY;
}

/** @type {Follow} */
function verificationWaived(record, told) {
  cellFor(record, told).waived = true;
  return MOVES_AGENCY;
}

/** @type {Follow} */
function surveyTallied(record, told) {
  /** @type {Map<string, number>} */
  const answers = new Map();
  for (const group of Object.values(told.statement.body.counts)) {
    for (const [answer, n] of Object.entries(/** @type {Record<string, number>} */ (group))) {
      answers.set(answer, (answers.get(answer) ?? 0) + n);
    }
  }
  cellFor(record, told).tally = { position: told.position, answers };
  return MOVES_AGENCY;
}

/**
 * Points that a decision states stand over everything else; one without points (a rejection) changes none.
 * @param {string} field
 * @returns {Follow}
 */
function decidedBy(field) {
  return (record, told) => {
    const points = told.statement.body[field];
    if (isNamed(points)) cellFor(record, told).decided = actOf(told, { points });
    return MOVES_AGENCY;
  };
}

/**
 * Accepted without points, a special case or a dispute over one takes the cell out of the denominator.
 * A decision is an act of its own: that of a dispute stands although its filing was left out.
 * @type {Follow}
 */
function decidedOrOut(record, told) {
  const { outcome, points } = told.statement.body;
  if (isNamed(points)) cellFor(record, told).decided = actOf(told, { points });
  else if (outcome === "ACCEPTED") cellFor(record, told).excluded = told.position;
  return MOVES_AGENCY;
}
