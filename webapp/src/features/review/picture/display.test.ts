import { describe, expect, it } from "vitest";
import { inverted, Viewport, windowOf } from "./display";

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

  it("inverts what its window shows", () => {
    const viewport = new Viewport();
    inverted.value = true;
    expect(windowOf(viewport)).toBe("brightness(1) contrast(1) invert(1)");
    inverted.value = false;
    expect(windowOf(viewport)).toBe("brightness(1) contrast(1)");
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
