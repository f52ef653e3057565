/** A file on a stick: nothing of it can be read while the stick is out. */
export class FileOnStick extends File {
  isOut = false;

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.isOut ? gone() : super.arrayBuffer();
  }

  override slice(start?: number, end?: number): Blob {
    const slice = super.slice(start, end);
    return this.isOut ? Object.assign(slice, { arrayBuffer: gone }) : slice;
  }
}

const gone = (): Promise<never> =>
  Promise.reject(new DOMException("A requested file could not be found.", "NotFoundError"));
