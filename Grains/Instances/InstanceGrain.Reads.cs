using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Instances;

// Status and QR: interleave, change nothing but a QR round that ran out.
internal sealed partial class InstanceGrain
{
    private static readonly TimeSpan ProvenWithin = TimeSpan.FromSeconds(90);
    // A device that broke is replaced: look at the new one.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    // A device that has just been made has not said anything yet.
    private string StatusNow => _run switch
    {
        null => _host!.Status.Status,
        { Device.Snapshot.Status: not DeviceStatus.Created and var status } => StatusNames.Of(status),
        _ => IsLinked ? "reconnecting" : "connecting",
    };

    public Task<InstanceStatusReport> GetStatusAsync(CancellationToken cancellationToken)
    {
        RequireExists();
        var line = _host!.Status;
        var snapshot = _run?.Device?.Snapshot;
        var jid = snapshot?.Jid?.ToAccount() ?? (Jid.TryParse(line.Jid, out var known) ? known : null);
        return Task.FromResult(new InstanceStatusReport
        {
            InstanceId = InstanceId,
            Status = StatusNow,
            Connected = snapshot is { Status: DeviceStatus.Open, VerifiedAt: { } verified } && time.GetUtcNow() - verified <= ProvenWithin,
            PhoneNumber = jid is { IsPhone: true } phone ? phone.User : null,
            PushName = snapshot?.PushName ?? line.PushName,
            Jid = jid?.ToString(),
            Lid = snapshot?.Lid?.ToAccount().ToString() ?? line.Lid,
            ConnectedAt = snapshot?.ConnectedAt ?? line.ConnectedAt,
            LastDisconnect = line.LastDisconnect,
            VerifiedAt = snapshot?.VerifiedAt,
        });
    }

    public async Task<QrReport> GetQrAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        RequireExists();
        await EnsureRoundAsync(cancellationToken);
        using var limit = new CancellationTokenSource(wait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (true)
        {
            RequireExists();
            RequireUnlinked();
            RequireNoPasskey();
            var device = _run?.Device;
            var snapshot = device?.Snapshot;
            if (snapshot?.Qr is { } qr)
                return new QrReport("qr", qr.Text, qr.Attempt, qr.MaxAttempts, qr.ExpiresAt) { PairingCode = qr.PairingCode?.Text, PairingCodeExpiresAt = qr.PairingCode?.ExpiresAt };
            if (both.IsCancellationRequested)
                // The round has been started: what the device still shows of the last one is old.
                return new QrReport(StatusNow is "closed" or "logged_out" or "created" ? "connecting" : StatusNow, null, 0, 0, null);
            var later = Task.Delay(LookAgain, time, both.Token);
            await Task.WhenAny(snapshot is null ? later : device!.WaitForChangeAsync(snapshot, both.Token), later);
        }
    }

    private async Task EnsureRoundAsync(CancellationToken cancellationToken)
    {
        if (!NeedsRound())
            return;
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            RequireExists();
            if (NeedsRound())
                await ReconnectAsync(cancellationToken);
        }
        finally
        {
            _oneChange.Release();
        }
    }

    private bool NeedsRound()
    {
        RequireUnlinked();
        return _run is null or { End.IsCompleted: true } || _run.Device?.Snapshot.Status is DeviceStatus.Closed or DeviceStatus.LoggedOut;
    }

    private void RequireUnlinked()
    {
        if (IsLinked)
            throw AlreadyConnected();
    }

    private InstanceProblemException AlreadyConnected() =>
        new("already-connected", "the instance is linked already; delete it to link another account", new Dictionary<string, string> { ["state"] = StatusNow });
}
