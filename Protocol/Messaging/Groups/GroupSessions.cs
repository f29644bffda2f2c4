using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>A session opened from a bundle; null = the device has no usable bundle now.</summary>
internal sealed record OpenedSession(SessionRecord? Record, PreKeyBundle? Bundle);

/// <summary>
/// Opens sessions with many devices at once: bundles in a few large questions, the key agreements on the thread pool and not in a step,
/// so that the pump goes on meanwhile. A device without a usable bundle is left alone for some minutes: it asks by itself (wire/04 §6.7).
/// </summary>
internal sealed class GroupSessions(IDeviceLink link, PreKeyBundles bundles, DeviceLists lists, ILogger logger)
{
    private const int BundlesPerQuestion = 512;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);
    // The other half of the machine goes on with its work.
    private static readonly ParallelOptions Half = new() { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2) };
    private readonly LruCache<Jid, DateTimeOffset> _unavailable = new(1024);

    /// <summary>True for a device whose bundle could not be had lately.</summary>
    public bool IsUnavailable(Jid device) => _unavailable.TryGet(device, out var at) && link.Time.GetUtcNow() - at < Pause;

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear() => _unavailable.Clear();

    /// <summary>Adds an answer for every device.</summary>
    /// <param name="devices">Session addresses.</param>
    /// <param name="opened">By session address.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async Task OpenAsync(IReadOnlyCollection<Jid> devices, IDictionary<Jid, OpenedSession> opened, CancellationToken cancellationToken)
    {
        var identity = link.Credentials.Identity;
        foreach (var chunk in devices.Chunk(BundlesPerQuestion))
        {
            var answers = await FetchAsync(chunk, cancellationToken);
            var sessions = await Task.Run(() => Agree(identity, answers), cancellationToken);
            foreach (var device in chunk)
            {
                var session = opened[device] = sessions.GetValueOrDefault(device) ?? new OpenedSession(null, null);
                if (session.Record is null)
                {
                    _unavailable.Set(device, link.Time.GetUtcNow());
                    DeviceLog.DeviceSkipped(logger, device, answers.GetValueOrDefault(device).Error);
                }
            }
        }
    }

    // 406 = one of them no longer exists: by halves down to the one, so that it costs the others nothing.
    private async Task<IReadOnlyDictionary<Jid, BundleAnswer>> FetchAsync(Jid[] devices, CancellationToken cancellationToken)
    {
        try
        {
            return await bundles.FetchAsync(devices, identityChanged: false, cancellationToken);
        }
        catch (IqErrorException refused) when (refused.Code == 406 && devices.Length > 1)
        {
            Dictionary<Jid, BundleAnswer> answers = [];
            foreach (var half in devices.Chunk((devices.Length + 1) / 2))
                foreach (var (device, answer) in await FetchAsync(half, cancellationToken))
                    answers[device] = answer;
            return answers;
        }
        catch (IqErrorException refused)
        {
            if (refused.Code == 406)
                await lists.RefreshAsync([.. devices.Select(device => device.ToAccount())], cancellationToken);
            return devices.ToDictionary(device => device, _ => new BundleAnswer(null, refused.Code));
        }
    }

    private static ConcurrentDictionary<Jid, OpenedSession> Agree(LocalIdentity identity, IReadOnlyDictionary<Jid, BundleAnswer> answers)
    {
        ConcurrentDictionary<Jid, OpenedSession> sessions = new();
        Parallel.ForEach(answers, Half, answer =>
        {
            if (answer.Value.Bundle is not { } bundle)
                return;
            try
            {
                sessions[answer.Key] = new OpenedSession(SessionBuilder.ProcessBundle(SessionRecord.Empty, identity, bundle), bundle);
            }
            catch (SignalException)
            {
                // A bundle that does not verify is no bundle.
            }
        });
        return sessions;
    }
}
