import { enableCompileCache } from 'node:module'

// Most of a short command's time is compiling what it imports; imports come after this for the same reason.
enableCompileCache()
await import('./program.ts')
