import type { Splitter } from "./split.ts";

/** The scripts of Unicode 15 that huggingface/tokenizers tells apart (pre_tokenizers/unicode_scripts). */
const SCRIPTS =
  "Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Malayalam Mandaic Manichaean Marchen Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi";

/** No script of its own: goes with whatever is around it. */
const ANY = "Any";
const SAME_AS_HAN = new Set(["Hiragana", "Katakana"]);

/** Cuts where the script changes; kana counts as Han and a space as any script. */
export function scriptSplitter(): Splitter {
  const tests = SCRIPTS.split(" ").map((name) => [name, new RegExp(`\\p{Script=${name}}`, "v")] as const);
  const known = new Map<string, string>();
  const scriptOf = (character: string): string => {
    if (character === " ") return ANY;
    if (character === "ー") return "Han";
    let script = known.get(character);
    if (script === undefined) {
      const name = tests.find(([, test]) => test.test(character))?.[0] ?? ANY;
      script = SAME_AS_HAN.has(name) ? "Han" : name;
      known.set(character, script);
    }
    return script;
  };
  return (text) => {
    const pieces: string[] = [];
    let last: string | undefined;
    let from = 0;
    let at = 0;
    for (const character of text) {
      const script = scriptOf(character);
      if (script !== ANY && last !== ANY && last !== script) {
        if (at > from) pieces.push(text.slice(from, at));
        from = at;
      }
      if (script !== ANY) last = script;
      at += character.length;
    }
    if (at > from) pieces.push(text.slice(from));
    return pieces;
  };
}
