using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.PreKeyUpload;

/// <summary>
/// Keeps enough of our one-time pre-keys at the server and the signed one fresh (wire/01 §8.3). Keys are durable before the server sees
/// them, and marked once it confirmed. Everything here runs beside the pump; only one of its jobs at a time.
/// </summary>
internal sealed partial class PreKeyFeature(IDeviceLink link, ILogger logger) : IStanzaHandler
{
    /// <summary>One-time keys per upload.</summary>
    public const int UploadSize = 812;

    /// <summary>With fewer than this left at the server, we upload.</summary>
    public const int FewLeft = 5;

    private static readonly TimeSpan SignedKeyAge = TimeSpan.FromDays(27);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    private DateTimeOffset _digestDue = link.Time.GetUtcNow() + TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(30, 300));
    private Task _job = Task.CompletedTask;
    private bool _lookAgain;
    private CancellationToken _connection = new(canceled: true);

    /// <summary>True until the server confirmed the first upload.</summary>
    public bool MustUpload => !link.Credentials.PreKeysUploaded;

    /// <summary>The job under way; never faults.</summary>
    public Task Job => _job;

    /// <inheritdoc/>
    public bool Handles(Node stanza) =>
        stanza.Tag == "notification" && stanza["type"] == "encrypt" && (stanza.Child("count") is not null || stanza.Child("digest") is not null);

    /// <inheritdoc/>
    public ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        foreach (var stanza in stanzas)
        {
            step.Send.Add(StanzaAck.Of(stanza, link.Credentials.Jid));
            if (stanza.Child("digest") is not null)
                step.AfterCommit.Add(() =>
                {
                    _digestDue = link.Time.GetUtcNow();
                    _ = Start(CheckDigestAsync);
                });
            else if (PreKeyStanzas.ReadCount(stanza) is < FewLeft)
                step.AfterCommit.Add(OnFewLeft);
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>A login succeeded: jobs may run until <paramref name="connection"/> is cancelled.</summary>
    public void OnLogin(CancellationToken connection) => _connection = connection;

    /// <summary>Starts the upload, unless a job is under way.</summary>
    public Task StartUpload() => Start(UploadAsync);

    /// <summary>After opening: asks how many keys are left.</summary>
    public Task StartCount() => Start(TopUpAsync);

    /// <summary>Now and then: replaces an old signed pre-key, and once per process and day compares what the server has.</summary>
    public void Upkeep()
    {
        var now = link.Time.GetUtcNow();
        if (now - DateTimeOffset.FromUnixTimeMilliseconds(link.Credentials.SignedPreKeyCreatedAt) >= SignedKeyAge)
            _ = Start(RotateAsync);
        else if (now >= _digestDue)
            _ = Start(CheckDigestAsync);
    }

    // While another job is under way, its count may be older than this news.
    private void OnFewLeft()
    {
        _lookAgain = !_job.IsCompleted;
        _ = Start(UploadAsync);
    }

    private Task Start(Func<CancellationToken, Task> job)
    {
        if (_job.IsCompleted && !_connection.IsCancellationRequested)
            _job = RunAsync(job, _connection);
        return _job;
    }

    // Errors 406, 500 and 503 are known to pass: try again, slower and slower, as long as this connection lives.
    private async Task RunAsync(Func<CancellationToken, Task> job, CancellationToken cancellationToken)
    {
        var pause = FirstRetry;
        while (true)
        {
            try
            {
                await job(cancellationToken);
                if (!_lookAgain)
                    return;
                _lookAgain = false;
                job = TopUpAsync;
                continue;
            }
            catch (Exception error) when (error is LinkClosedException or OperationCanceledException or FencedException)
            {
                // The next login looks again.
                return;
            }
            catch (Exception error)
            {
                LogJobFailed(logger, job.Method.Name, pause, error);
            }
            try
            {
                await Task.Delay(pause, link.Time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            pause = pause * 2 < LongestRetry ? pause * 2 : LongestRetry;
        }
    }

    private async Task TopUpAsync(CancellationToken cancellationToken)
    {
        var answer = await link.QueryAsync(PreKeyStanzas.AskCount(), cancellationToken);
        if (PreKeyStanzas.ReadCount(answer) is < FewLeft)
            await UploadAsync(cancellationToken);
    }

    private async Task UploadAsync(CancellationToken cancellationToken)
    {
        var keys = await link.RunStepAsync(PrepareAsync, cancellationToken);
        await link.QueryAsync(PreKeyStanzas.Upload(link.Credentials, keys), cancellationToken);
        await link.RunStepAsync(
            (step, _) =>
            {
                step.Batch.UploadedPreKeys.AddRange(keys.Select(key => key.Id));
                if (!link.Credentials.PreKeysUploaded)
                    step.Batch.Credentials = link.Credentials with { PreKeysUploaded = true };
                return ValueTask.FromResult(true);
            },
            cancellationToken);
        LogUploaded(logger, keys.Count);
    }

    // Keys of an upload whose answer was lost go first: the server takes the same id again.
    private async ValueTask<IReadOnlyList<PreKey>> PrepareAsync(DeviceStep step, CancellationToken cancellationToken)
    {
        var waiting = await link.Store.LoadUnuploadedPreKeysAsync(cancellationToken);
        if (waiting.Count >= UploadSize)
            return [.. waiting.Take(UploadSize)];
        var fresh = PreKeys.NewOneTime(link.Credentials.NextPreKeyId, UploadSize - waiting.Count);
        step.Batch.NewPreKeys.AddRange(fresh);
        step.Batch.Credentials = link.Credentials with { NextPreKeyId = PreKeys.NextId(fresh[^1].Id) };
        return [.. waiting, .. fresh];
    }

    private async Task CheckDigestAsync(CancellationToken cancellationToken)
    {
        _digestDue = link.Time.GetUtcNow() + OneDay;
        Node answer;
        try
        {
            answer = await link.QueryAsync(PreKeyStanzas.AskDigest(), cancellationToken);
        }
        catch (IqErrorException error) when (error.Code == 404)
        {
            LogServerHasNone(logger);
            await UploadAsync(cancellationToken);
            return;
        }
        if (KeyDigest.Read(answer) is { } digest && digest.Fits(link.Credentials, await link.Store.LoadPreKeysAsync(digest.Ids, cancellationToken)))
            return;
        LogDigestDiffers(logger);
        await UploadAsync(cancellationToken);
    }

    private async Task RotateAsync(CancellationToken cancellationToken)
    {
        var key = await link.RunStepAsync(
            (step, _) =>
            {
                var old = link.Credentials;
                var next = PreKeys.NewSigned(Signal.PreKeys.NextId(old.SignedPreKeys[0].Id), old.Identity.IdentityKey);
                step.Batch.Credentials = old with
                {
                    SignedPreKeys = [next, .. old.SignedPreKeys.Take(2)],
                    SignedPreKeyCreatedAt = link.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                };
                return ValueTask.FromResult(next);
            },
            cancellationToken);
        try
        {
            await link.QueryAsync(PreKeyStanzas.Rotate(key), cancellationToken);
        }
        catch (IqErrorException error)
        {
            // The digest tells the server's key from ours and uploads: in a day when the server has trouble, else now.
            _digestDue = link.Time.GetUtcNow() + (error.Code >= 500 ? OneDay : TimeSpan.Zero);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} pre-keys uploaded")]
    private static partial void LogUploaded(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the server has no pre-keys of ours; uploading")]
    private static partial void LogServerHasNone(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the server's keys of this device differ from ours; uploading")]
    private static partial void LogDigestDiffers(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Job} failed; trying again in {Pause}")]
    private static partial void LogJobFailed(ILogger logger, string job, TimeSpan pause, Exception error);
}
