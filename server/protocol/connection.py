"""One client of the realtime API and its session: what it sends becomes calls, what the session says becomes events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, assert_never

import numpy as np

from pipeline.audio.samples import Samples, samples_of
from pipeline.characters.character import Character, all_greetings
from pipeline.characters.filled import book_filling, filled_character
from pipeline.conversation.config import NO_LIMIT, ResponseRequest
from pipeline.conversation.notices import Answered
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import VoiceChoice
from pipeline.engines.within import within
from pipeline.errors import InvalidRequest, KaikouError
from pipeline.prompt.lorebook import LorebookSource
from pipeline.prompt.sources import Source
from pipeline.session import Session
from server.characters.catalogue import Characters
from server.characters.expressions import Expressions
from server.errors import NotFound, as_told, openai_error
from server.protocol.audio_format import Decoder
from server.protocol.audio_rounds import AudioRounds, Microphone
from server.protocol.character_lookup import character_of
from server.protocol.client_events import (
    APPEND,
    Acknowledge,
    Append,
    CancelResponse,
    Clear,
    ClearOutput,
    ClientEvent,
    ClientItem,
    Commit,
    CreateItem,
    CreateResponse,
    CustomVoice,
    DeleteItem,
    Greet,
    InputItem,
    ItemReference,
    Json,
    Ping,
    PlaybackReport,
    ResponseAudioOutput,
    ResponseParams,
    RetrieveItem,
    SessionUpdate,
    TruncateItem,
    event_id_of,
    parse_event,
    parse_json,
)
from server.protocol.client_items import audio_in, item_of
from server.protocol.greeting import Remembering, first_words
from server.protocol.input_audio import InputAudio
from server.protocol.practising import Practising
from server.protocol.server_events import ServerEvents, error_event, format_object, item_object, new_event_id
from server.protocol.session_object import (
    Defaults,
    SessionObject,
    config_of,
    detection_object,
    tool_choice_of,
    tools_of,
    transcription_object,
    updated,
)

YIELD_SAMPLES = samples_of(100)
"""After so much audio other sessions have their turn. Receiving alone does not wait while messages are queued."""

MESSAGE_SAMPLES = samples_of(10)
"""What any message counts for in this, since understanding it is work too."""

AFTERWARDS = np.zeros(480, np.int16)
"""Silence that makes a resampler give what it holds back, at any rate."""

FIND_S = 5.0
"""How long finding a character may take; the client's other messages wait for it, so that their order is kept."""


class Connection:
    """Translates for one client. `receive` takes its messages; `events` says the session's notices."""

    def __init__(
        self,
        session: Session,
        session_object: SessionObject,
        character: Character,
        characters: Characters,
        model: str,
        defaults: Defaults,
        *,
        rounds: AudioRounds,
        append_bytes: int,
        expires_at: int,
        extensions: bool,
        token: str = "",
        resume_s: float = 0.0,
        conversation_id: str = "",
        person_id: str = "",
        person_name: str = "",
        remembering: Remembering | None = None,
        practising: Practising | None = None,
    ) -> None:
        self.session, self.object = session, session_object
        self._characters, self._model, self._defaults, self._person_id = characters, model, defaults, person_id
        self._expires_at, self.extensions = expires_at, extensions
        self.token, self._resume_s = token, resume_s
        self.acknowledged = ""
        self._lorebook: LorebookSource | None = None
        self._person_name, self._remembering, self._practising = person_name, remembering, practising
        self._keeping, self._may_record, self._records = (False, ""), False, False
        self._received_events = self._unyielded = 0
        self._id = session.new_id("sess")
        self._input = InputAudio(session_object.audio.input.format, append_bytes)
        self._microphone = Microphone(rounds, session_object.audio.input.format, session.accept_audio, self._failed)
        self.conversation_id = conversation_id or session.new_id("conv")
        self.events = ServerEvents(
            self.conversation_id, session_object.audio.output.format, transcribes=False, extensions=extensions
        )
        self._apply(session_object, character)
        self._answer({"type": "session.created", "session": self._echo()})

    # --- From the client ----------------------------------------------------------------------------------------------

    async def receive(self, message: str | bytes) -> None:
        """Take one message: an event as JSON, or audio. What is wrong with it, or goes wrong here, the client is told."""
        parsed: Json = {}
        self._unyielded += MESSAGE_SAMPLES
        try:
            if isinstance(message, bytes):
                await self._hear(self._audio_of(message))
            else:
                self._received_events += 1
                parsed = parse_json(message)
                if parsed.get("type") == APPEND and isinstance(audio := parsed.get("audio"), str):
                    await self._hear(self._input.of_base64(audio))
                else:
                    self._microphone.flush()
                    await self._do(parse_event(parsed))
        except Exception as error:  # noqa: BLE001 — the outermost frame of what a client sends
            self._failed(error, event_id_of(parsed))
        if self._unyielded >= YIELD_SAMPLES:
            await self._yield()

    def take_at_once(self, message: bytes, text: bool) -> bool:
        """Take a short piece of audio without waiting for anything; whether it was one. See `Transport.offer`.

        Everything else is left to `receive`: other events, long audio, what is wrong, and the next after so much audio that
        other sessions should have their turn.
        """
        if self._unyielded >= YIELD_SAMPLES or self.session.config.endpointing is None:
            return False
        data = self._short_append(message) if text else self._short_binary(message)
        if data is None:
            return False
        self._received_events += text
        self._unyielded += MESSAGE_SAMPLES + self._input.line_samples(len(data))
        self._microphone.push(data)
        return True

    def _short_append(self, message: bytes) -> bytes | None:
        room = self._input.at_once_bytes - self._microphone.waiting_bytes
        try:
            parsed = parse_json(message)
            if parsed.get("type") != APPEND or not isinstance(audio := parsed.get("audio"), str):
                return None
            return next(iter(self._input.of_base64(audio))) if len(audio) <= room else None
        except KaikouError:
            return None

    def _short_binary(self, message: bytes) -> bytes | None:
        if not self.extensions or len(message) > self._input.at_once_bytes - self._microphone.waiting_bytes:
            return None
        try:
            return next(iter(self._input.of_bytes(message)), None)
        except KaikouError:
            return None

    def resumed(self) -> dict[str, Any]:
        """Tells a client that comes back what of it arrived, so that it can send the rest."""
        received = {"received_events": self._received_events, "received_samples": self._input.received_samples}
        return {"type": "kaikou.resumed", "event_id": new_event_id(), "session_id": self._id, **received}

    def tell_keeping(self, kept: bool, reason: str) -> None:
        """Tell whether the conversation is kept, and its sound; and if not, why."""
        self._keeping = kept, reason
        if self.extensions:
            state = {"kept": kept, "recording": self._records, "reason": reason}
            self._answer({"type": "kaikou.keeping", "conversation_id": self.conversation_id, **state})

    def allow_recording(self) -> None:
        """There is somewhere to keep sound, for a person who agrees to it."""
        self._may_record = True
        self._record(self.object.kaikou.record)

    def recording_ended(self, _kept: bool, reason: str) -> None:
        """No more sound can be kept; the conversation may be."""
        self._may_record = False
        if self._records:
            self._records = False
            self.session.keep_sound(False)
        self.tell_keeping(self._keeping[0], reason)

    async def practise(self, practice_id: str) -> None:
        """Begin with a practice; the client is told if that cannot be, and talks without one."""
        who = self.object.kaikou.model_copy(update={"practice": practice_id})
        try:
            async with within(FIND_S):
                await self._practise(practice_id)
        except (KaikouError, TimeoutError) as error:
            self._failed(error)
            who = who.model_copy(update={"practice": None})
        self._apply(self.object.model_copy(update={"kaikou": who}), self._character)

    def tell(self, event: Mapping[str, Any]) -> None:
        """Tell a client of the extensions something of our own."""
        if self.extensions:
            self._answer(dict(event))

    def tell_remembered(self, fact: Mapping[str, str], action: str) -> None:
        """Tell what was remembered, forgotten or put right because the person said so."""
        self._answer({"type": "kaikou.remembered", "fact": fact, "action": action})

    def _record(self, wanted: bool) -> None:
        """Keep sound from now on, or no longer."""
        wanted = wanted and self._may_record and self.object.type == "realtime"
        if wanted != self._records:
            self._records = wanted
            self.session.keep_sound(wanted)
            self.tell_keeping(*self._keeping)

    @property
    def character(self) -> Character:
        """Who is talked to just now."""
        return self._character

    def _audio_of(self, data: bytes) -> Iterable[bytes]:
        if not self.extensions:
            message = "Binary messages are not part of this protocol: send JSON text."
            raise InvalidRequest(message, code="invalid_json")
        return self._input.of_bytes(data)

    async def _hear(self, slices: Iterable[bytes]) -> None:
        """Have it heard in the next round; more than a slice at once, as well as what is only kept until a commit."""
        at_once = self.session.config.endpointing is None
        for data in slices:
            if self._unyielded >= YIELD_SAMPLES:
                await self._yield()
            self._microphone.push(data)
            self._unyielded += self._input.line_samples(len(data))
            if at_once or self._microphone.waiting_bytes > self._input.slice_bytes:
                self._microphone.flush()

    def _failed(self, error: Exception, event_id: str | None = None) -> None:
        self._answer(error_event(openai_error(as_told(error, "client event failed")), event_id))

    async def _yield(self) -> None:
        self._unyielded = 0
        await asyncio.sleep(0)

    async def _do(self, event: ClientEvent) -> None:
        match event:
            case SessionUpdate():
                await self._update(event.session)
            case Append():
                raise AssertionError("appends are decoded before they are events")
            case Commit():
                self.session.commit_audio()
            case Clear():
                self.session.clear_audio()
                self._answer({"type": "input_audio_buffer.cleared"})
            case CreateItem():
                self.session.add_item(await self._item(event.item, "item"), event.previous_item_id)
            case DeleteItem():
                if not self.session.remove_item(event.item_id):
                    raise _unknown_item(event.item_id, "delete")
                self._answer({"type": "conversation.item.deleted", "item_id": event.item_id})
            case RetrieveItem():
                item = self.session.transcript.get(event.item_id)
                if item is None:
                    raise _unknown_item(event.item_id, "retrieve")
                self._answer({"type": "conversation.item.retrieved", "item": item_object(item)})
            case TruncateItem():
                self._truncate(event)
            case CreateResponse() | Greet() if self.object.type == "transcription":
                message = 'A transcription session answers nothing; update it to session.type "realtime" for answers.'
                raise InvalidRequest(message, code="transcription_session", param="type")
            case CreateResponse():
                self.session.request_reply(await self._ask(event.response or ResponseParams()))
            case CancelResponse():
                self.session.cancel_reply(event.response_id)
            case ClearOutput():
                raise InvalidRequest("output_audio_buffer.clear is for WebRTC calls; send response.cancel.")
            case Greet():
                await self._greet(event.greeting)
            case Acknowledge():
                self.acknowledged = event.last_event_id
            case Ping():
                self._answer({"type": "kaikou.pong"})
            case PlaybackReport():
                self.acknowledged = event.last_event_id or self.acknowledged
                self.session.played(event.item_id, event.played_ms, event.playing)
            case _:
                assert_never(event)

    def _truncate(self, event: TruncateItem) -> None:
        self.session.truncate(event.item_id, event.audio_end_ms)
        place = {"item_id": event.item_id, "content_index": event.content_index}
        self._answer({"type": "conversation.item.truncated", **place, "audio_end_ms": event.audio_end_ms})

    async def _practise(self, practice_id: str | None) -> None:
        """Practise this from now on. Raises `NotFound` and `Conflict`, which change nothing."""
        if self._practising:
            await self._practising.take(practice_id)
        elif practice_id:
            raise NotFound("There is no practice of that id.", code="practice_not_found")

    async def _greet(self, number: int) -> None:
        if (practising := self._practising) and practising.practice and self.session.config.sources:
            self.session.request_reply(ResponseRequest(say=practising.opening()))
            return
        greetings = all_greetings(self._character, self.session.config.language)
        if number >= len(greetings):
            known = "only its first one" if len(greetings) == 1 else f"those of 0 to {len(greetings) - 1}"
            raise InvalidRequest(f"The character has no greeting {number}, but {known}.", param="greeting")
        fresh = number == 0 and not len(self.session.transcript)  # one that was chosen is said as it is
        by_model, remembering = self._defaults.language_model, self._remembering if fresh else None
        self.session.request_reply(
            await first_words(greetings[number], self._character, self.session.config, remembering, by_model=by_model)
        )

    # --- The session object -------------------------------------------------------------------------------------------

    async def _update(self, changes: Mapping[str, Any]) -> None:
        changed = updated(self.object, changes)
        async with within(FIND_S):
            character = await self._character_of(changed)
            await self._practise(changed.kaikou.practice)
        if changed.audio.input.format != self.object.audio.input.format:
            self._microphone.use(changed.audio.input.format)
            self._input.use(changed.audio.input.format)
        self._apply(changed, character)
        self._answer({"type": "session.updated", "session": self._echo()})

    async def _character_of(self, session_object: SessionObject) -> Character:
        """Who is talked to: by the session object, else by the model's name. A talk keeps the version that it has."""
        who, before = session_object.kaikou, self.object.kaikou
        if (who.character, who.draft) == (before.character, before.draft):
            return self._character
        return await character_of(who, self._model, self._characters, self._person_id)

    def _apply(self, session_object: SessionObject, character: Character) -> None:
        character = filled_character(character, self._person_name, self.conversation_id)
        self.object, self._character = session_object, character
        self.events.output_format = session_object.audio.output.format
        wanted = session_object.audio.input.transcription is not None
        self.events.transcribes = wanted or session_object.type == "transcription"
        practice = self._practising.practice if self._practising else None
        config = config_of(session_object, character, self._defaults, self._sources(practice is not None), practice)
        self.session.configure(config)
        self._record(session_object.kaikou.record)

    def _sources(self, practises: bool = False) -> list[Source]:
        """Who knows more than was said, a practice first. A book that is still the same is not read again."""
        sources: list[Source] = [self._practising.known] if self._practising and practises else []
        sources += [self._remembering.known] if self._remembering else []
        book = self._character.book
        if not book.entries:
            return sources
        if self._lorebook is None or self._lorebook.book is not book:
            filling = book_filling(self._character, self._person_name, self.conversation_id)
            self._lorebook = LorebookSource(book, filling, Expressions)
        return [*sources, self._lorebook]

    def _echo(self) -> dict[str, Any]:
        if self.object.type == "transcription":
            echo = transcription_object(self.object, self._defaults)
        else:
            echo = self._conversation_object()
        echo |= {"id": self._id, "expires_at": self._expires_at}
        if self.extensions:
            who = {"character": self._character.id, "language": self.session.config.language}
            who |= (
                {"practice": practising.practice.id} if (practising := self._practising) and practising.practice else {}
            )
            echo["kaikou"] = {**who, "token": self.token, "resume_s": self._resume_s}
        return echo

    def _conversation_object(self) -> dict[str, Any]:
        current, config = self.object, self.session.config
        audio_in, audio_out = current.audio.input, current.audio.output
        noise, transcription = audio_in.noise_reduction, audio_in.transcription
        return {
            "type": "realtime",
            "object": "realtime.session",
            "model": self._model,
            "output_modalities": current.output_modalities,
            "instructions": config.instructions,
            "tools": [tool.model_dump() for tool in current.tools],
            "tool_choice": current.model_dump()["tool_choice"],
            "max_output_tokens": current.max_output_tokens,
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "include": None,
            "audio": {
                "input": {
                    "format": format_object(audio_in.format),
                    "transcription": transcription and transcription.model_dump(exclude_unset=True),
                    "noise_reduction": noise and noise.model_dump(exclude_none=True),
                    "turn_detection": detection_object(audio_in.turn_detection, self._defaults),
                },
                "output": {
                    "format": format_object(audio_out.format),
                    "voice": config.voice.name,
                    "speed": config.voice.speed,
                },
            },
        }

    # --- Items and requests -------------------------------------------------------------------------------------------

    async def _item(self, item: ClientItem, param: str) -> Item:
        sounds = {place: await self._sound(audio, param, place) for place, audio in audio_in(item, param)}
        return item_of(item, self.session.new_id, sounds)

    async def _sound(self, audio: str, param: str, place: int) -> Samples:
        """What is heard in the audio of one part; other sessions have their turn meanwhile."""
        decoder, pieces, size = Decoder(self.object.audio.input.format), list[Samples](), 0
        for data in self._input.of_base64(audio, f"{param}.content.{place}.audio"):
            if self._unyielded >= YIELD_SAMPLES:
                await self._yield()
            pieces.append(decoder.decode(data))
            self._unyielded += self._input.line_samples(len(data))
            size += len(data)
        return np.concatenate((*pieces, decoder.resample(AFTERWARDS)))[: self._input.line_samples(size)]

    async def _ask(self, params: ResponseParams) -> ResponseRequest:
        most, output = params.max_output_tokens, params.audio.output if params.audio else None
        given = [await self._given(item, f"response.input.{place}") for place, item in enumerate(params.input or ())]
        return ResponseRequest(
            instructions=params.instructions,
            modality=params.output_modalities[0] if params.output_modalities else None,
            voice=_voice_of(output, self.session.config.voice),
            audio_format=output and output.format,
            tools=None if params.tools is None else tools_of(params.tools),
            tool_choice=None if params.tool_choice is None else tool_choice_of(params.tool_choice),
            max_tokens=NO_LIMIT if most == "inf" else most,
            input=None if params.input is None else given,
            in_conversation=params.conversation != "none",
            metadata=params.metadata or {},
        )

    async def _given(self, item: InputItem, param: str) -> Item:
        if not isinstance(item, ItemReference):
            return await self._item(item, param)
        known = self.session.transcript.get(item.id)
        if known is None:
            raise _unknown_item(item.id, "reference", f"{param}.id")
        return known

    def _answer(self, event: dict[str, Any]) -> None:
        self.session.outbox.put(Answered(event))


def _voice_of(output: ResponseAudioOutput | None, usual: VoiceChoice) -> VoiceChoice | None:
    """The voice asked for by name, at the conversation's speed; None if none is."""
    voice = output.voice if output else None
    name = voice.id if isinstance(voice, CustomVoice) else voice
    return None if name is None else replace(usual, name=name)


def _unknown_item(id: str, verb: str, param: str = "item_id") -> InvalidRequest:
    message = f"There is no item '{id[:64]}' in the conversation."
    return InvalidRequest(message, code=f"item_{verb}_invalid_item_id", param=param)


def expiry(session_s: float) -> int:
    """When a session that starts now expires, in seconds since 1970."""
    return int(time.time() + session_s)
