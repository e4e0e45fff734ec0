"""What a voice says to be listened to before it is chosen."""

from dataclasses import dataclass

from .audio.pcm import PcmFormat

_SENTENCES = {
    "ar": "هكذا يبدو صوتي عندما أقرأ لكم رسالة بصوت عالٍ في المنزل.",
    "bg": "Така звучи гласът ми, когато чета съобщение на глас у дома.",  # noqa: RUF001
    "ca": "Així sona la meva veu quan llegeixo un missatge en veu alta a casa.",
    "cs": "Takhle zní můj hlas, když doma nahlas čtu nějakou zprávu.",
    "da": "Sådan lyder min stemme, når jeg læser en besked højt derhjemme.",
    "de": "So klingt meine Stimme, wenn ich zu Hause eine Nachricht vorlese.",
    "el": "Έτσι ακούγεται η φωνή μου όταν διαβάζω ένα μήνυμα στο σπίτι.",
    "en": "This is what my voice sounds like when I read a message aloud at home.",
    "es": "Así suena mi voz cuando leo un mensaje en voz alta en casa.",
    "eu": "Horrela entzuten da nire ahotsa etxean mezu bat ozen irakurtzen dudanean.",
    "fa": "صدای من وقتی در خانه پیامی را بلند می‌خوانم این‌طور است.",
    "fi": "Tältä ääneni kuulostaa, kun luen viestin ääneen kotona.",
    "fr": "Voici ma voix lorsque je lis un message à haute voix à la maison.",
    "gl": "Así soa a miña voz cando leo unha mensaxe en voz alta na casa.",
    "he": "כך נשמע הקול שלי כשאני קורא הודעה בקול רם בבית.",
    "hi": "जब मैं घर पर कोई संदेश पढ़कर सुनाता हूँ, तो मेरी आवाज़ ऐसी लगती है।",
    "hr": "Ovako zvuči moj glas kada kod kuće naglas čitam poruku.",
    "hu": "Így szól a hangom, amikor otthon felolvasok egy üzenetet.",
    "id": "Beginilah suara saya ketika membacakan sebuah pesan di rumah.",
    "it": "Questa è la mia voce quando leggo un messaggio ad alta voce in casa.",
    "ja": "家でメッセージを読み上げるとき、私の声はこのように聞こえます。",
    "ko": "집에서 메시지를 소리 내어 읽을 때 제 목소리는 이렇게 들립니다.",
    "ms": "Beginilah suara saya apabila membacakan mesej di rumah.",
    "nb": "Slik høres stemmen min ut når jeg leser en melding høyt hjemme.",
    "nl": "Zo klinkt mijn stem als ik thuis een bericht voorlees.",
    "pl": "Tak brzmi mój głos, kiedy w domu czytam na głos wiadomość.",
    "pt": "É assim que soa a minha voz quando leio uma mensagem em voz alta em casa.",
    "ro": "Așa sună vocea mea când citesc cu voce tare un mesaj acasă.",
    "ru": "Так звучит мой голос, когда я читаю дома сообщение вслух.",
    "sk": "Takto znie môj hlas, keď doma nahlas čítam nejakú správu.",
    "sl": "Tako zveni moj glas, ko doma na glas berem sporočilo.",
    "sv": "Så här låter min röst när jag läser upp ett meddelande hemma.",
    "th": "นี่คือเสียงของฉันเมื่ออ่านข้อความออกเสียงที่บ้าน",
    "tr": "Evde bir mesajı sesli okuduğumda sesim böyle duyuluyor.",  # noqa: RUF001
    "uk": "Так звучить мій голос, коли я вдома читаю повідомлення вголос.",
    "vi": "Giọng nói của tôi nghe như thế này khi tôi đọc to một tin nhắn ở nhà.",
    "zh": "我在家里朗读消息的时候，声音听起来就是这个样子。",  # noqa: RUF001
}
"""Each takes about three seconds or more."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The audio of a sentence."""

    audio_format: PcmFormat
    samples: bytes


def preview_text(language: str | None) -> str:
    """Return a sentence in a language (BCP 47), or a name that every other language knows."""
    return _SENTENCES.get((language or "").partition("-")[0], "Home Assistant")
