export { evolution } from './evolution.ts'
export { generation } from './generation.ts'
