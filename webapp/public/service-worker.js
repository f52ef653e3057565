/**
 * Keeps the page's own files in the browser, and nothing else, so that it opens without a network.
 * The build writes `FILES` and `VERSION` above. Scans, pictures and answers are never kept here.
 */
/* global FILES, VERSION */

const CACHE = `discai ${VERSION}`;
const CONFIG = "/config.json";
/** A network that says nothing for so long is as good as none. */
const PATIENCE_MS = 3_000;

addEventListener("install", (event) => event.waitUntil(keepAll().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(forgetOld().then(() => clients.claim())));
addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin) return;
    if (request.mode === "navigate") event.respondWith(freshOrKept(request, "/"));
    else if (pathname === CONFIG) event.respondWith(freshOrKept(request, CONFIG, keepConfig));
    else if (FILES.includes(pathname)) event.respondWith(keptOrFresh(request));
});

async function keepAll() {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES);
    await keepConfig(await fetch(CONFIG, { cache: "no-store" }));
}

/** Without its date: kept for a while, it would tell a wrong time. */
async function keepConfig(response) {
    if (!response.ok) return;
    const headers = { "Content-Type": "application/json" };
    await (await caches.open(CACHE)).put(CONFIG, new Response(await response.text(), { headers }));
}

/** Keeps the latest two versions: a page that is open may still need files of the one before. */
async function forgetOld() {
    const others = (await caches.keys()).filter((name) => name !== CACHE);
    await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

async function freshOrKept(request, name, keep = async () => {}) {
    const kept = await (await caches.open(CACHE)).match(name);
    const fresh = fetch(request).then(async (response) => {
        if (kept && response.status >= 500) return kept.clone();
        await keep(response.clone());
        return response;
    });
    if (!kept) return fresh;
    const late = new Promise((answer) => setTimeout(() => answer(kept.clone()), PATIENCE_MS));
    return Promise.race([fresh.catch(() => kept.clone()), late]);
}

async function keptOrFresh(request) {
    return (await caches.match(request)) ?? fetch(request);
}
