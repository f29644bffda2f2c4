using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Storage;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using static WhatsApp.Grains.Tests.Upgrades.RecordedFill;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>Everything the stores answer about the recorded instance, as JSON, so that two versions can be compared.</summary>
internal static class RecordedReads
{
    private static readonly JsonSerializerOptions Options = new() { Converters = { new AsText<Jid>(), new AsText<SignalAddress>(), new JsonStringEnumConverter() } };

    public static async Task<JsonObject> RunAsync(OpenStores stores)
    {
        var (sessions, _) = (stores.Sessions, default(CancellationToken));
        var own = await sessions.LoadSenderKeysAsync(Ana, Group, [SignalAddress.Of(Lid.WithDevice(12)), Device], default);
        var keyId = SenderKeyRecord.Deserialize(own[SignalAddress.Of(Lid.WithDevice(12))]).KeyId!.Value;
        var summary = await stores.Instances.FindSummaryAsync(Ana, default);
        return new JsonObject
        {
            ["definition"] = Json(await stores.Instances.FindAsync(Ana, default)),
            ["status"] = Json(new { summary!.Status, summary.PhoneNumber, summary.Jid, summary.Lid, summary.PushName, summary.ConnectedAt, summary.LastSeenAt, summary.Node }),
            ["credentials"] = Json(await sessions.LoadCredentialsAsync(Ana, default)),
            ["sessions"] = Json((await sessions.LoadSessionsAsync(Ana, [Device], default)).Values),
            ["identities"] = Json((await sessions.LoadIdentitiesAsync(Ana, [Device], default)).Values),
            ["senderKeys"] = Json(own.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal).Select(pair => pair.Value)),
            ["marks"] = Json(await sessions.LoadSenderKeyMarksAsync(Ana, Group, keyId, default)),
            ["preKeys"] = Json((await sessions.LoadPreKeysAsync(Ana, [30], default)).Values),
            ["preKeysToUpload"] = Json(await sessions.LoadUnuploadedPreKeysAsync(Ana, default)),
            ["lids"] = Json((await sessions.ListLidMappingsAsync(Ana, new LidMappingQuery(null, null, 10, null), default)).Rows),
            ["deviceLists"] = Json((await sessions.LoadDeviceListsAsync(Ana, [Contact], default)).Values),
            ["outgoing"] = Json(await sessions.LoadOutgoingAsync(Ana, [Sent.Id, Queued.Id], default)),
            ["received"] = Json(await sessions.LoadReceivedAsync(Ana, [Received.Id], default)),
            ["pending"] = Json(await sessions.LoadPendingAsync(Ana, long.MaxValue, 10, default)),
            ["votes"] = Json(await sessions.LoadPollVotesAsync(Ana, Sent, default)),
            ["tokens"] = Json((await sessions.LoadPrivacyTokensAsync(Ana, [Contact], default)).Values),
            ["timers"] = Json((await sessions.LoadChatTimersAsync(Ana, [Contact], default)).Values),
            ["media"] = Json(await stores.Media.FindAsync(Ana, Received.Id, default)),
            ["outbox"] = Json(await stores.Outbox.ClaimAsync(Ana, Endpoint, 10, TimeSpan.Zero, default)),
            ["dead"] = Json(await stores.Outbox.ListDeadAsync(Ana, null, 10, default)),
            ["key"] = Json(await stores.Gateway.FindKeyAsync(KeyHash, default)),
            ["answer"] = Json((await stores.Gateway.FindAnswerAsync("answer", default))?.Answer),
        };
    }

    private static JsonNode? Json<T>(T value) => JsonSerializer.SerializeToNode(value, Options);

    private sealed class AsText<T> : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value!.ToString());
    }
}
