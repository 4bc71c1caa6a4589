/* Signing in, and the token of a request. Everything else in this room is its own affair. */
export {
    handOver, isPopupAnswer, portalVersion, sessionState, signedInAgain, signIn, signInBeside, signOut, SignedOutError, startSession, token,
    type SessionState,
} from './session';
