"""Amounts: whole numbers of a currency's smallest unit, as ISO 4217 defines it."""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
    CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
    KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
    PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY
    TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"""
_THREE = "BHD IQD JOD KWD LYD OMR TND"
DECIMALS = {code: places for codes, places in ((_NONE, 0), (_TWO, 2), (_THREE, 3)) for code in codes.split()}
EXACT = Context(prec=40, traps=[InvalidOperation, Inexact])  # What would be rounded is refused.
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
MOST = 10**15  # Smallest units of one payment; a JSON reader of any language holds so many exactly.


class Wrong(Exception):
    """This is no amount of money; the message says why."""


def smallest_units(amount, currency):
    """An amount in smallest units: of the text or number `amount`, in a currency by its code."""
    if not isinstance(currency, str) or currency not in DECIMALS:
        raise Wrong("`currency` must be the code of a currency by ISO 4217, such as EUR")
    places = DECIMALS[currency]
    if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal) or not NUMBER.fullmatch(str(amount)):
        raise Wrong("`amount` must be a number, or a text that holds one")
    try:
        given = Decimal(amount)
        if not given.is_finite() or not 0 < given < MOST:
            raise Wrong(f"`amount` must be more than 0 and less than {MOST // 10**places} {currency}")
        units = EXACT.to_integral_exact(EXACT.scaleb(given, places))
    except Inexact:
        raise Wrong(f"`amount` must have at most {places} decimals: {currency} has no smaller unit") from None
    except InvalidOperation:
        raise Wrong("`amount` must be a number, or a text that holds one") from None
    if units >= MOST:
        raise Wrong(f"`amount` must be less than {MOST // 10**places} {currency}")
    return int(units)


def text(units, currency):
    """An amount as people write it: `12.30`."""
    places = DECIMALS[currency]
    return f"{Decimal(units).scaleb(-places):.{places}f}"
