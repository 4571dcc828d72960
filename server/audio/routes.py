"""`/v1/audio`: its endpoints and how much of the machine they may have."""

from __future__ import annotations

from functools import partial

from starlette.routing import BaseRoute

from server.audio.hearing import RecordingTranscriber
from server.audio.job_slots import JobSlots, Throttle
from server.audio.speech import SpeechEndpoint
from server.audio.transcription import TranscriptionEndpoint
from server.engines.loaded import LoadedEngines
from server.identity.scopes import SPEECH
from server.rest import openai_route
from server.services import Services
from server.sessions.limits import session_limits


def routes(services: Services) -> list[BaseRoute]:
    """The endpoints of `/v1/audio`."""
    settings, engines, metrics, sessions = services.settings, services.engines, services.metrics, services.sessions
    failed, throttle = partial(metrics.engine_failed, "audio"), Throttle(lambda: sessions.talking)
    jobs, limits = settings.audio_api, session_limits(settings)

    def hearing(loaded: LoadedEngines) -> RecordingTranscriber:
        detector, recognizer = loaded.engines.voice_detector, loaded.engines.recognizer
        return RecordingTranscriber(detector, recognizer, loaded.workers, throttle, limits.recognition)

    uploads = JobSlots(jobs.file_jobs + jobs.waiting_jobs, 0)
    files = JobSlots(jobs.file_jobs, jobs.waiting_jobs, metrics.audio_ended("transcription"))
    texts = JobSlots(jobs.speech_jobs, jobs.waiting_jobs, metrics.audio_ended("speech"))
    speech = SpeechEndpoint(engines, texts, throttle, failed, limits.speaking)
    transcription = TranscriptionEndpoint(engines, hearing, uploads, files, failed, jobs.file_bytes, jobs.file_s)
    return [
        openai_route("/v1/audio/speech", speech.create, services.identity, "POST", SPEECH),
        openai_route("/v1/audio/voices", speech.voices, services.identity),
        openai_route("/v1/audio/models", speech.models, services.identity),
        openai_route("/v1/audio/transcriptions", transcription.create, services.identity, "POST", SPEECH),
    ]
