// Plays what media_player.kitchen is to play, in each open tab.
const { conn } = await window.hassConnection;
const audio = new Audio();
const stop = () =>
  conn.sendMessagePromise({
    type: "call_service",
    domain: "media_player",
    service: "media_stop",
    target: { entity_id: "media_player.kitchen" },
  });
const say = (message) =>
  document
    .querySelector("home-assistant")
    .dispatchEvent(new CustomEvent("hass-notification", { detail: { message } }));

audio.addEventListener("ended", stop);
audio.addEventListener("error", () => audio.src && stop());
conn.subscribeEvents(({ data }) => {
  audio.pause();
  if (!data.url) return;
  audio.src = data.url;
  audio.play().catch((error) => {
    if (error.name === "NotAllowedError")
      say("This browser plays sound only after you have clicked on the page: click, and repeat.");
  });
}, "browser_player");
