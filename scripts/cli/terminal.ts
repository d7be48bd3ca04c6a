const ESC = String.fromCharCode(27)
const colourCode = new RegExp(`(${ESC}\\[[0-9;]*m)`)

/** A line cut to a width; colour codes take none, and all of them stay. Pure. */
export const clip = (line: string, columns: number): string => {
  const pieces = line.split(colourCode)
  const length = pieces.reduce((sum, piece, at) => sum + (at % 2 === 0 ? [...piece].length : 0), 0)
  if (length <= columns) return line
  let room = columns - 1
  const kept = pieces.map((piece, at) => {
    if (at % 2 === 1) return piece
    const characters = [...piece].slice(0, room)
    const last = characters.length === room && room > 0
    room -= characters.length
    return last ? `${characters.join('')}…` : characters.join('')
  })
  return kept.join('')
}

/** A text cut to a terminal: no line wraps, and none scrolls out of reach of the next redraw. Pure. */
export const fitTerminal = (text: string, { columns = 80, rows = 24 }: { columns?: number; rows?: number }): string => {
  const lines = text.split('\n').map((line) => clip(line, columns))
  const room = Math.max(2, rows - 1)
  if (lines.length <= room) return lines.join('\n')
  return [...lines.slice(0, room - 1), `  … ${lines.length - room + 1} more lines`].join('\n')
}

/** A terminal without a size, as some containers have, has no place to redraw in. */
export const isTerminal = ({ isTTY, columns, rows }: NodeJS.WriteStream): boolean => isTTY && columns > 0 && rows > 0
