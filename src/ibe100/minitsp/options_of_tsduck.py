"""Options of tsp 3.45's plugins that are not built in, so that a refusal can say what they need."""

from typing import Final

from ibe100.minitsp.chain.options import OptionError, UnknownOption

_OF_EVERY_PROCESSOR: Final = ("except-label", "only-label")

OPTIONS_OF_TSDUCK: Final[dict[str, dict[str, str]]] = {
    "tsp": {
        "tsp": """
            abnt atsc bitrate-adjust-interval brazil china conax control control-certificate-path
            control-ephemeral-rsa-bits control-key-path control-local control-port control-reuse-port
            control-source control-store control-timeout control-tls control-token default-cas-id
            default-charset default-pds default-registration dtmb dvb europe final-wait fix-missing-pds
            hf-band-region ignore-joint-termination ignore-leap-seconds irdeto isdb japan
            log-plugin-index mediaguard monitor nagravision nds philippines receive-timeout safeaccess
            synchronous-log time-reference usa viaccess widevine
        """,
    },
    "input": {
        "file": """
            add-start-stuffing add-stop-stuffing first-terminate interleave label-base
        """,
        "hls": """
            alt-group-id alt-language alt-name alt-type list-variants save-files
        """,
        "ip": """
            default-interface disable-multicast-loop display-interval evaluation-interval no-link-local
            rs204 timestamp-priority
        """,
        "null": """
            joint-termination
        """,
        "rist": """
            display-interval evaluation-interval timestamp-priority
        """,
        "srt": """
            display-interval evaluation-interval timestamp-priority
        """,
    },
    "output": {
        "file": """
            max-duration max-files max-retry max-size reopen-on-error retry-interval
        """,
        "ip": """
            pcr-pid rs204
        """,
    },
    "processor": {
        "analyze": """
            abnt atsc brazil china default-charset default-pds default-registration deterministic dtmb
            dvb error-analysis europe global-pid-list ignore-leap-seconds isdb japan json-buffer-size
            json-tcp-keep multiple-files normalized pes-pid-list philippines pid-analysis pid-list
            prefix service-analysis service-list service-pid-list suspect-max-consecutive
            suspect-min-error-count table-analysis time-reference title ts-analysis
            unreferenced-pid-list usa wide-display
        """,
        "bitrate_monitor": """
            alarm-command periodic-command set-label-above set-label-below set-label-go-above
            set-label-go-below set-label-go-normal set-label-normal
        """,
        "continuity": """
            fix no-replicate-duplicated
        """,
        "file": """
            max-duration max-files max-retry max-size reopen-on-error retry-interval
        """,
        "filter": """
            after-packets audio codec ecm emm every has-splice-countdown input-stuffing interval
            intra-frame isdb-layer label max-adaptation-field-size max-payload-size max-splice-countdown
            min-adaptation-field-size min-payload-size min-splice-countdown nullified pattern pes psi-si
            reset-label reset-permanent-label search-offset search-payload service set-label
            set-permanent-label splice-countdown stream-id subtitles video
        """,
        "influx": """
            active-config configs-path iat pcr-based start-time timestamp-based
        """,
        "ip": """
            pcr-pid rs204
        """,
        "pcrextract": """
            evaluate-pcr-offset input-timestamp scte35
        """,
        "pcrverify": """
            input-synchronous
        """,
        "pmt": """
            ac3-atsc2dvb add-ca-descriptor audio-language bitrate brazil cleanup-private-descriptors
            create create-after default-charset eac3-atsc2dvb europe expand-patch-xml inter-packet japan
            patch-xml pds philippines remove-with-registration set-data-broadcast-id sort-languages
            sort-pids
        """,
        "remap": """
            reset-label set-label
        """,
        "sdt": """
            brazil cleanup-private-descriptors default-charset europe expand-patch-xml japan patch-xml
            philippines
        """,
        "spliceinject": """
            brazil default-charset delete-files europe files japan max-file-size min-stable-delay
            philippines poll-interval wait-first-batch
        """,
        "splicemonitor": """
            alarm-command influx influx-active-config influx-bucket influx-bucket-id influx-configs-path
            influx-host-url influx-local-time influx-org influx-org-id influx-pcr-based
            influx-queue-size influx-start-time influx-tag influx-timestamp-based influx-token
            json-buffer-size json-tcp json-tcp-keep no-adjustment
        """,
        "svrename": """
            brazil default-charset europe japan philippines
        """,
        "tables": """
            abnt all-once atsc binary-output brazil c-style china conax default-cas-id default-charset
            default-pds default-registration diversified-payload dtmb duration dvb europe event-code
            exclude-current fill-eit flush ignore-leap-seconds include-next invalid-sections
            invalid-versions irdeto isdb japan joint-termination json-output local-udp log log-hexa-line
            log-size log-xml-line mediaguard
            multiple-files nagravision nds negate-pid negate-section-number negate-tid negate-tid-ext
            nested-tlv no-deep-duplicate only-invalid-sections output-file pack-all-sections
            pack-and-flush packet-index philippines raw-dump rewrite-binary rewrite-json rewrite-xml
            safeaccess section-content section-mask section-number strict-xml text-output tid-ext
            time-reference timestamp tlv ttl udp-format usa viaccess widevine x2j-collapse-text
            x2j-enforce-boolean x2j-enforce-integer x2j-include-root x2j-trim-text xml-output
        """,
        "time": "preserve-units silent-after stuffing",
        "until": """
            joint-termination timestamp-based
        """,
        "zap": """
            brazil default-charset europe japan philippines
        """,
    },
}
"""By kind and plugin (tsp itself stands before them all), words with blanks between."""


def is_of_tsduck(kind: str, plugin: str, option: str) -> bool:
    """Whether tsp's plugin has this option (without dashes) and the one built in has not."""
    common = _OF_EVERY_PROCESSOR if kind == "processor" else ()
    return option in common or option in OPTIONS_OF_TSDUCK[kind].get(plugin, "").split()


def refusal(kind: str, plugin: str, error: OptionError) -> str:
    """What is wrong with an option, and whether TSDuck would help."""
    if isinstance(error, UnknownOption) and is_of_tsduck(kind, plugin, error.name):
        return f"option --{error.name} needs TSDuck"
    return str(error)
