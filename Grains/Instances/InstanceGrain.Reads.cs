using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;

namespace WhatsApp.Grains.Instances;

// Status and QR: interleave, change nothing but a QR round that ran out.
internal sealed partial class InstanceGrain
{
    private static readonly TimeSpan ProvenWithin = TimeSpan.FromSeconds(90);

    public Task<InstanceStatusReport> GetStatusAsync(CancellationToken cancellationToken)
    {
        RequireExists();
        var line = _host!.Status;
        var snapshot = _device?.Snapshot;
        var now = time.GetUtcNow();
        var status = snapshot is null ? line.Status : StatusNames.Of(snapshot.Status);
        var jid = snapshot?.Jid?.ToAccount();
        return Task.FromResult(new InstanceStatusReport
        {
            InstanceId = InstanceId,
            Status = status,
            Connected = snapshot is { Status: DeviceStatus.Open } && snapshot.VerifiedAt is { } verified && now - verified <= ProvenWithin,
            PhoneNumber = jid?.User,
            PushName = snapshot?.PushName ?? line.PushName,
            Jid = jid?.ToString() ?? line.Jid,
            Lid = snapshot?.Lid?.ToAccount().ToString() ?? line.Lid,
            ConnectedAt = snapshot?.ConnectedAt ?? line.ConnectedAt,
            LastDisconnect = line.LastDisconnect,
            VerifiedAt = snapshot?.VerifiedAt,
        });
    }

    public async Task<QrReport> GetQrAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        RequireExists();
        if (_device is null || _run.IsCompleted || _device.Snapshot.Status is DeviceStatus.Closed or DeviceStatus.LoggedOut)
        {
            if (_host!.Status.Jid is not null && _device is not { Snapshot.Status: DeviceStatus.LoggedOut })
                throw NotConnected(_host.Status.Status);
            await RestartAsync(cancellationToken);
        }
        using var limit = new CancellationTokenSource(wait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (true)
        {
            var device = RequireDevice();
            var snapshot = device.Snapshot;
            if (snapshot.Qr is { } qr)
                return new QrReport("qr", qr.Text, qr.Attempt, qr.MaxAttempts, qr.ExpiresAt);
            if (snapshot.Jid is not null)
                throw new InstanceProblemException("already-connected", "the instance is linked already; DELETE it or log out to link another account");
            if (both.IsCancellationRequested)
                return new QrReport(StatusNames.Of(snapshot.Status), null, 0, 0, null);
            try
            {
                await device.WaitForChangeAsync(snapshot, both.Token);
            }
            catch (OperationCanceledException) when (both.IsCancellationRequested)
            {
                // The loop answers with what there is.
            }
        }
    }
}
