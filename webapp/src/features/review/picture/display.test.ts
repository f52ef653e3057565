import { describe, expect, it } from "vitest";
import type { Prediction } from "../../../records";
import { inverted, Viewport, windowsOf } from "./display";
import { EIGHT_BITS } from "./greys";

const READ = {
  windows: {
    usual: { low: 5, high: 900 },
    t1: { low: 10, high: 500 },
    t2: { low: 20, high: 800 },
    stir: { low: 30, high: 700 },
    fit: { low: 0, high: 4000 },
  },
} as Prediction;

describe("the viewport", () => {
  it("keeps the point under the pointer where it is while zooming", () => {
    const viewport = new Viewport();
    const pointer = { x: 120, y: -40 };
    const inPicture = () => ({
      x: (pointer.x - viewport.pan.value.x) / viewport.zoom.value,
      y: (pointer.y - viewport.pan.value.y) / viewport.zoom.value,
    });
    viewport.zoomAt(2, 30, 30);
    const before = inPicture();
    viewport.zoomAt(1.7, pointer.x, pointer.y);
    expect(inPicture().x).toBeCloseTo(before.x);
    expect(inPicture().y).toBeCloseTo(before.y);
  });

  it("comes back to the middle when zoomed out, and does not pan there", () => {
    const viewport = new Viewport();
    viewport.zoomAt(3, 50, 50);
    viewport.panBy(5, 5);
    viewport.zoomAt(0.01, 0, 0);
    viewport.panBy(5, 5);
    expect([viewport.zoom.value, viewport.pan.value]).toEqual([1, { x: 0, y: 0 }]);
  });

  it("resets the window with the view", () => {
    const viewport = new Viewport();
    viewport.windowBy(80, -30);
    expect(viewport.contrast.value).toBeLessThan(1);
    expect(viewport.brightness.value).toBeGreaterThan(1);
    viewport.reset();
    expect([viewport.contrast.value, viewport.brightness.value]).toEqual([1, 1]);
  });

  it("looks through the window that was chosen, and inverts it", () => {
    const viewport = new Viewport();
    const asIs = { brightness: 1, contrast: 1, isInverted: false };
    expect(viewport.lookAt(READ)).toEqual({ low: 5, high: 900, ...asIs });
    viewport.choose("t2");
    viewport.windowBy(0, -30);
    inverted.value = true;
    const look = viewport.lookAt(READ);
    expect([look.low, look.high, look.isInverted]).toEqual([20, 800, true]);
    expect(look.brightness).toBeGreaterThan(1);
    expect(viewport.windowName.value).toBeNull();
    inverted.value = false;
    viewport.reset();
    expect(viewport.lookAt(READ)).toEqual({ low: 20, high: 800, ...asIs });
    viewport.choose("usual");
  });

  it("goes through the windows, and knows one for readings of earlier versions", () => {
    const viewport = new Viewport();
    const seen = [0, 1, 2, 3, 4].map(() => {
      viewport.chooseNext(windowsOf(READ));
      return viewport.windowName.value;
    });
    expect(seen).toEqual(["t1", "t2", "stir", "fit", "usual"]);
    viewport.choose("fit");
    const earlier = { windows: null } as Prediction;
    expect(windowsOf(earlier)).toEqual(["usual"]);
    expect(viewport.lookAt(earlier)).toMatchObject(EIGHT_BITS);
    viewport.choose("usual");
  });

  it("shows the window that was chosen last for a sequence", () => {
    const [first, later] = [new Viewport(), new Viewport()];
    first.showWindowOf("T1");
    first.choose("stir");
    later.showWindowOf("T2");
    expect(later.windowName.value).toBe("usual");
    later.showWindowOf("T1");
    expect(later.windowName.value).toBe("stir");
  });

  it("shows a pixel of the picture on one of the screen, and fits it again", () => {
    const viewport = new Viewport();
    viewport.showPixels(467); // not on a page yet
    expect(viewport.zoom.value).toBe(1);
    viewport.fittedWidth = () => 934;
    viewport.showPixels(467);
    expect(viewport.zoom.value).toBe(0.5);
    viewport.zoomAt(0.9, 0, 0);
    expect(viewport.zoom.value).toBe(0.5);
    viewport.reset();
    expect(viewport.zoom.value).toBe(1);
  });
});
