/** A file on a removable drive: nothing of it can be read while the drive is removed. */
export class RemovableFile extends File {
  isRemoved = false;

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.isRemoved ? gone() : super.arrayBuffer();
  }

  override slice(start?: number, end?: number): Blob {
    const slice = super.slice(start, end);
    return this.isRemoved ? Object.assign(slice, { arrayBuffer: gone }) : slice;
  }
}

const gone = (): Promise<never> =>
  Promise.reject(new DOMException("A requested file could not be found.", "NotFoundError"));
