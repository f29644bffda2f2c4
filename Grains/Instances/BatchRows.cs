using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// What a device's batch adds to the outbox and to the files to fetch. An event whose file is fetched by itself is held back for a moment:
/// when the file is there in time, the body says so; else it goes out as it is, with a link that fetches the file. Pure.
/// </summary>
internal sealed class BatchRows
{
    private readonly Dictionary<string, long> _sequences = new(StringComparer.Ordinal);

    /// <summary>Events by endpoint.</summary>
    public List<OutboxRow> Outbox { get; } = [];
    /// <summary>Files.</summary>
    public List<MediaRow> Media { get; } = [];
    /// <summary>Number of the last event.</summary>
    public long Sequence { get; private set; }

    /// <summary>Builds the rows.</summary>
    /// <param name="batch">Of the device.</param>
    /// <param name="request">Endpoints and settings.</param>
    /// <param name="context">The instance's own part of every event.</param>
    /// <param name="links">Signs the links in the events.</param>
    /// <param name="hold">How long an event may wait for its file; and up to which size of file.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    /// <param name="sequence">Number of the last event before.</param>
    /// <param name="own">Events of the host itself, after those of the device.</param>
    public static BatchRows Of(DeviceBatch batch, CreateInstance request, EventContext context, SignedLinks links, EventHold hold, long now, long sequence, IReadOnlyList<DeviceEvent>? own = null)
    {
        var rows = new BatchRows { Sequence = sequence };
        foreach (var deviceEvent in batch.Events.Concat(own ?? []))
            rows.Add(deviceEvent, request, context, links, hold, now);
        foreach (var media in batch.Media.Values)
            rows.Media.Add(new MediaRow(media, StateOf(media, request.Settings)) { EventSequence = rows._sequences.GetValueOrDefault(media.Key.Id), DueAt = now });
        return rows;
    }

    private static MediaState StateOf(StoredMedia media, InstanceSettings settings) =>
        media.Answer == MediaAnswer.Found || (!media.OwnUpload && settings.DownloadMedia == "auto") ? MediaState.Wanted : MediaState.Described;

    private void Add(DeviceEvent deviceEvent, CreateInstance request, EventContext context, SignedLinks links, EventHold hold, long now)
    {
        if (EventBodies.NameOf(deviceEvent) is not { } name || (request.Settings.GroupsIgnore && EventChats.IsGroup(deviceEvent)))
            return;
        Sequence++;
        var file = deviceEvent is MessageArrived { Message: { Target: null, Media: { } media } message } ? (message, media) : default;
        if (file.message is not null)
            _sequences[file.message.MessageId] = Sequence;
        var eventId = EventId.New(now);
        byte[]? withLink = null, plain = null;
        foreach (var endpoint in request.Webhooks)
        {
            if (!endpoint.Enabled || !EventFilter.Wants(endpoint.Events, name))
                continue;
            var wantsFile = file.message is not null && endpoint.IncludeMedia != "none" && request.Settings.DownloadMedia != "off";
            var body = wantsFile ? withLink ??= Build(links.ToMedia(context.InstanceId, file.message!.MessageId)) : plain ??= Build(null);
            var isHeld = wantsFile && request.Settings.DownloadMedia == "auto" && file.message is not { Source: "api" } && file.media.Size <= hold.MaxSize;
            Outbox.Add(new OutboxRow(endpoint.Id, Sequence, eventId, name, body, now) { DueAt = isHeld ? now + (long)hold.Time.TotalMilliseconds : now });
        }

        byte[] Build(string? link) => EventEnvelope.Build(context, eventId, name, Sequence, now,
            json => EventBodies.Write(json, deviceEvent, new EventLinks(link, deviceEvent is QrUpdated ? links.ToQr(context.InstanceId) : null)));
    }
}

/// <summary>How long an event waits for the file of its message.</summary>
/// <param name="Time">At most.</param>
/// <param name="MaxSize">Bytes; larger files are not waited for.</param>
internal readonly record struct EventHold(TimeSpan Time, long MaxSize);
