using System.Diagnostics;
using System.Diagnostics.Metrics;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Telemetry;

/// <summary>
/// What this process counts, under the meter <c>WhatsApp</c>. No instance, account or address is a label: there are too many of them, and
/// they belong to others.
/// </summary>
public static class ProductMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "WhatsApp";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Claims = Meter.CreateCounter<long>("whatsapp.claims", description: "Ownerships taken; each raised an epoch");
    private static readonly Counter<long> Moves = Meter.CreateCounter<long>("whatsapp.moves", description: "Instances taken over from another silo, by reason");
    private static readonly Counter<long> Fenced = Meter.CreateCounter<long>("whatsapp.commits.fenced", description: "Commits refused because the instance has a newer owner");
    private static readonly Counter<long> Logins = Meter.CreateCounter<long>("whatsapp.logins", description: "Connections opened, by kind: new (just linked), again");
    private static readonly Counter<long> Closes = Meter.CreateCounter<long>("whatsapp.closes", description: "Connections closed, by reason");
    private static readonly Counter<long> Received = Meter.CreateCounter<long>("whatsapp.messages.received", description: "Messages from others");
    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("whatsapp.messages.sent", description: "Messages of the account, by source");
    private static readonly Counter<long> Failed = Meter.CreateCounter<long>("whatsapp.sends.failed", description: "Messages that were not sent, by code");
    private static readonly Counter<long> Webhooks = Meter.CreateCounter<long>("whatsapp.webhook.attempts", description: "Posts to webhooks, by result");
    private static readonly Histogram<double> Commits = Meter.CreateHistogram("whatsapp.commit.duration", "s", "Session transactions", advice: Buckets(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10));
    private static readonly Histogram<double> Posts = Meter.CreateHistogram("whatsapp.webhook.duration", "s", "Posts to webhooks, until the answer", advice: Buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15));

    private static long _claims;

    /// <summary>Ownerships taken since the process started.</summary>
    public static long ClaimsSoFar => Interlocked.Read(ref _claims);

    internal static void Claimed(Ownership ownership)
    {
        Interlocked.Increment(ref _claims);
        Claims.Add(1);
        if (ownership.Moves is [.., var last] && last.Epoch == ownership.Epoch)
            Moves.Add(1, new KeyValuePair<string, object?>("reason", last.Reason));
    }

    internal static void Committed(TimeSpan duration) => Commits.Record(duration.TotalSeconds);

    internal static void WasFenced() => Fenced.Add(1);

    internal static void Posted(string result, TimeSpan duration)
    {
        Webhooks.Add(1, new KeyValuePair<string, object?>("result", result));
        Posts.Record(duration.TotalSeconds);
    }

    internal static void Happened(IReadOnlyList<DeviceEvent> events)
    {
        foreach (var one in events)
            switch (one)
            {
                case ConnectionOpened opened: Logins.Add(1, new KeyValuePair<string, object?>("kind", opened.IsNewLogin ? "new" : "again")); break;
                case ConnectionClosed closed: Closes.Add(1, new KeyValuePair<string, object?>("reason", closed.Reason)); break;
                case MessageArrived { Message.FromMe: false }: Received.Add(1); break;
                case MessageArrived { Message: var message }: Sent.Add(1, new KeyValuePair<string, object?>("source", message.Source)); break;
                case MessageFailed failed: Failed.Add(1, new KeyValuePair<string, object?>("code", failed.Code)); break;
            }
    }

    private static InstrumentAdvice<double> Buckets(params double[] seconds) => new() { HistogramBucketBoundaries = seconds };
}
