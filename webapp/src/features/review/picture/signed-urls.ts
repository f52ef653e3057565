import type { ArtifactUrls } from "../../../cloud/calls";
import { serverTime } from "../../../cloud/server-time";

/** URLs are renewed this long before they expire, so that none expires during a download. */
const MARGIN_MS = 60_000;

/** The signed URLs of one scan's artifacts, always with some time left to live. */
export class SignedUrls {
  private current: { version: string; urls: Promise<ArtifactUrls> } | null = null;

  constructor(
    private readonly ask: (modelVersion: string) => Promise<ArtifactUrls>,
    /** The time of the server, by which the URLs expire. */
    private readonly now: () => number = serverTime.now,
  ) {}

  async get(modelVersion: string): Promise<ArtifactUrls> {
    if (this.current?.version === modelVersion) {
      const urls = await this.current.urls;
      if (Date.parse(urls.expiresAt) - this.now() > MARGIN_MS) return urls;
    }
    return this.renew(modelVersion);
  }

  /** Asks for new ones next time: these did not work, whatever time it is. */
  forget(): void {
    this.current = null;
  }

  private async renew(version: string): Promise<ArtifactUrls> {
    const urls = this.ask(version);
    const asked = { version, urls };
    this.current = asked;
    try {
      return await urls;
    } catch (error) {
      if (this.current === asked) this.current = null; // the next call asks again
      throw error;
    }
  }
}
