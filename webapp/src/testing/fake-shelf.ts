import type { Shelf, ShelvedUpload } from "../features/upload/shelf";

/** A browser's store of unfinished uploads, with room for contents or without. */
export class FakeShelf implements Shelf {
  uploads = new Map<string, ShelvedUpload>();
  bodies = new Map<string, Blob>();

  constructor(private readonly hasRoom = true) {}

  async of(owner: string): Promise<{ upload: ShelvedUpload; body: Blob | null }[]> {
    return [...this.uploads.values()]
      .filter((upload) => upload.owner === owner)
      .map((upload) => ({ upload, body: this.bodies.get(upload.id) ?? null }));
  }

  async keep(upload: ShelvedUpload): Promise<void> {
    this.uploads.set(upload.id, upload);
  }

  async keepBody(id: string, body: Blob): Promise<boolean> {
    if (this.hasRoom) this.bodies.set(id, body);
    return this.hasRoom;
  }

  async drop(id: string): Promise<void> {
    this.uploads.delete(id);
    this.bodies.delete(id);
  }
}
