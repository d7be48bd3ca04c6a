/**
 * Version of what the activity `evaluate` is asked and answers. Goes up with every change that an older worker would
 * misread: it refuses then, see activities/evaluation/protocol.ts. What was asked in an older version waits in runs, so
 * whoever raises it has workers read the older ones, too.
 *
 * In a file without imports: every generation loads it.
 */
export const evaluationProtocol = 1
