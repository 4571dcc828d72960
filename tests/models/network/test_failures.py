"""What is told of errors whose causes are many, or lead back to themselves."""

from __future__ import annotations

import ssl

from models.network.failures import causes, is_untrusted


def test_causes_that_lead_back_to_themselves_come_to_an_end() -> None:
    first, second = OSError("first"), OSError("second")
    first.__cause__, second.__context__ = second, first

    assert list(causes(first)) == [first, second]


def test_a_certificate_is_found_behind_other_errors() -> None:
    error = OSError("no connection")
    error.__context__ = OSError("no encryption")
    error.__context__.__cause__ = ssl.SSLCertVerificationError()

    assert is_untrusted(error)
    assert not is_untrusted(error.__context__.__context__)
