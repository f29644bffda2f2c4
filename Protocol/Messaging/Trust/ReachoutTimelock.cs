using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Messaging.Trust;

/// <summary>
/// Until when WhatsApp lets this account write to nobody new (wire/04 §5 error 463, wire/07 §6 MEX): told by notification, asked after a refusal.
/// <code>
/// &lt;iq type="get" xmlns="w:mex" to="s.whatsapp.net"&gt;&lt;query query_id&gt;{"queryId","variables":{}}&lt;/query&gt;&lt;/iq&gt;
///   → &lt;result&gt;{"data":{"xwa2_fetch_account_reachout_timelock":{is_active, time_enforcement_ends, enforcement_type}}}&lt;/result&gt;
/// &lt;notification type="mex"&gt;&lt;update op_name="NotificationUserReachoutTimelockUpdate"&gt;{"data":{"xwa2_notify_account_reachout_timelock":{…}}}&lt;/update&gt;&lt;/notification&gt;
/// </code>
/// </summary>
internal sealed class ReachoutTimelock(IDeviceLink link, ILogger logger)
{
    private const string QueryId = "23983697327930364";
    private const string Operation = "NotificationUserReachoutTimelockUpdate";
    private const string Fetched = "xwa2_fetch_account_reachout_timelock";
    private const string Told = "xwa2_notify_account_reachout_timelock";
    private const int MaxJson = 65_536;
    private const long LatestSeconds = 10_000_000_000; // what is above is milliseconds
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private DateTimeOffset? _until;

    /// <summary>When it ends, as last told; null = not known, or over.</summary>
    public DateTimeOffset? Until => _until is { } end && end > link.Time.GetUtcNow() ? end : null;

    /// <summary>True for the notification above.</summary>
    public static bool Handles(Node stanza) => stanza.Tag == "notification" && stanza["type"] == "mex" && stanza.Child("update")?["op_name"] == Operation;

    /// <summary>Takes what the server tells. The ack is the caller's.</summary>
    public void Apply(Node notification)
    {
        if (Read(notification.Child("update")?.Bytes, Told) is { } told)
            _until = told.Ends;
    }

    /// <summary>Forgets it: another account is linked.</summary>
    public void Clear() => _until = null;

    /// <summary>Asks the server, 5 s at most; what was told before when it does not answer.</summary>
    public async Task<DateTimeOffset?> AskAsync()
    {
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(new { queryId = QueryId, variables = new { } });
            var answer = await link.QueryAsync(new Node("iq", [("type", "get"), ("xmlns", "w:mex"), ("to", Jid.PhoneServer)],
                [new Node("query", [("query_id", QueryId)], body)]), CancellationToken.None).WaitAsync(Patience, link.Time);
            if (Read(answer.Child("result")?.Bytes, Fetched) is { } told)
                _until = told.Ends;
        }
        catch (Exception error) when (error is IqErrorException or TimeoutException or LinkClosedException or OperationCanceledException)
        {
            MessagingLog.TimelockUnknown(logger, error.Message);
        }
        return Until;
    }

    /// <summary>Reads the JSON under its root; null = malformed. Ends is null when there is no lock or no known end.</summary>
    internal static (bool Active, DateTimeOffset? Ends)? Read(ReadOnlyMemory<byte>? json, string root)
    {
        if (json is not { Length: > 0 and <= MaxJson } bytes)
            return null;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object
                || !data.TryGetProperty(root, out var told) || told.ValueKind != JsonValueKind.Object)
                return null;
            var active = told.TryGetProperty("is_active", out var flag) && flag.ValueKind == JsonValueKind.True;
            return (active, active && told.TryGetProperty("time_enforcement_ends", out var end) ? TimeOf(end) : null);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A number of seconds or milliseconds since the Unix epoch, or RFC 3339, as text or number.
    private static DateTimeOffset? TimeOf(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return Timestamps.Read((number > LatestSeconds ? number / 1000 : number).ToString(CultureInfo.InvariantCulture)) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
