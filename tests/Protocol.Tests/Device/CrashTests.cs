using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>The process dies right after a commit: whatever rested on it was not sent. A new owner goes on from there.</summary>
public class CrashTests
{
    // 1 credentials, 2 ADV secret, 3 code, 4 pairing, 5 login, 6 keys, 7 uploaded, 8 open; routing info comes somewhere after 5.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public async Task A_device_that_dies_after_a_commit_is_opened_by_the_next_owner(int commit)
    {
        await using var rig = await DeviceRig.StartAsync();
        var first = await DieAfterAsync(rig, (number, _) => number == commit);

        var second = rig.Start(rig.Store.NextOwner());
        await OpenAsync(rig, second);

        Assert.Equal(second.Device.Snapshot.Jid, Assert.Single(rig.Phone.Companions));
        Assert.Empty(rig.Network.Stats.LastViolations);
        Assert.True(first.Run.IsCompleted);
    }

    [Fact]
    public async Task A_pairing_whose_answer_was_never_sent_starts_over_with_a_new_code()
    {
        await using var rig = await DeviceRig.StartAsync();
        await DieAfterAsync(rig, (_, batch) => batch.Credentials?.IsPaired == true);
        Assert.True(rig.Store.Credentials!.IsPaired);

        var second = rig.Start(rig.Store.NextOwner());
        var closed = await rig.Store.EventAsync<ConnectionClosed>();

        Assert.True(closed is { Reason: "bad_session", Code: 401, WillReconnect: true, CredentialsKept: false });
        await OpenAsync(rig, second);
    }

    [Fact]
    public async Task Keys_whose_upload_was_not_confirmed_are_uploaded_again_and_not_made_anew()
    {
        await using var rig = await DeviceRig.StartAsync();
        await DieAfterAsync(rig, (_, batch) => batch.NewPreKeys.Count > 0);
        var made = rig.Store.PreKeys.Keys.Order().ToArray();

        await rig.Start(rig.Store.NextOwner()).UntilAsync(DeviceStatus.Open);

        Assert.Single(rig.Store.Batches, batch => batch.NewPreKeys.Count > 0);
        Assert.Equal(made, rig.Store.Batches.SelectMany(batch => batch.UploadedPreKeys).Order());
    }

    private static async Task<RunningDevice> DieAfterAsync(DeviceRig rig, Func<int, DeviceBatch, bool> when)
    {
        var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource();
        rig.Store.Delay = _ => new ValueTask(started.Task);
        RunningDevice? device = null;
        rig.Store.AfterCommit = (number, batch) =>
        {
            if (dead.Task.IsCompleted || !when(number, batch))
                return;
            dead.SetResult();
            device!.Kill();
            device.Killed.ThrowIfCancellationRequested();
        };
        device = rig.Start();
        started.SetResult();
        await OpenAsync(rig, device);
        await dead.Task.WaitAsync(DeviceRig.Patience);
        await device.Run.WaitAsync(DeviceRig.Patience);
        rig.Store.AfterCommit = null;
        return device;
    }

    /// <summary>Scans every code shown until the device is open or dead.</summary>
    private static async Task OpenAsync(DeviceRig rig, RunningDevice device)
    {
        string? scanned = null;
        while (true)
        {
            var snapshot = await device.UntilAsync(seen => seen.Status is DeviceStatus.Open or DeviceStatus.Closed || (seen.Qr is { } qr && qr.Text != scanned));
            if (snapshot.Qr is null)
                return;
            scanned = snapshot.Qr!.Text;
            try
            {
                await rig.Phone.ScanAsync(scanned);
            }
            catch (PairingException)
            {
                // The companion went away; the next code is scanned.
            }
        }
    }
}
