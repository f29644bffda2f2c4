using System.Globalization;
using System.Net;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Why one host did not take a file.</summary>
/// <param name="Host">The host.</param>
/// <param name="Status">Its HTTP status; null when the connection failed.</param>
/// <param name="Reason">In words, without addresses or tokens.</param>
public sealed record UploadFailure(string Host, int? Status, string Reason);

/// <summary>No media host took the file.</summary>
public sealed class MediaUploadException(IReadOnlyList<UploadFailure> failures)
    : Exception("no media host took the file: " + string.Join("; ", failures.Select(failure => $"{failure.Host} {failure.Reason}")))
{
    /// <summary>One per host and try.</summary>
    public IReadOnlyList<UploadFailure> Failures { get; } = failures;
}

/// <summary>
/// Brings a file to the CDN (wire/05 §3): host after host, resuming large files, streamed from disk.
/// <code>POST https://HOST/mms/KIND/TOKEN?auth=AUTH&amp;token=TOKEN  →  {"url","direct_path"}</code>
/// </summary>
/// <param name="http">Sends the requests; must not follow redirects.</param>
/// <param name="connections">Hosts and upload token.</param>
/// <param name="options">Limits.</param>
/// <param name="time">Clock.</param>
public sealed class MediaUpload(HttpMessageInvoker http, IMediaConnectionSource connections, MediaTransferOptions options, TimeProvider time)
{
    /// <summary>Uploads a file as it lies on disk (already encrypted, unless it is for a channel).</summary>
    /// <param name="target">Kind of upload.</param>
    /// <param name="path">The file; must not change meanwhile.</param>
    /// <param name="sha256">Of the file, 32 bytes.</param>
    /// <param name="cancellationToken">Ends the upload.</param>
    /// <exception cref="MediaUploadException">Every host refused or failed.</exception>
    /// <exception cref="MediaConnectionException">The server named no host.</exception>
    public async Task<UploadedMedia> UploadAsync(UploadTarget target, string path, byte[] sha256, CancellationToken cancellationToken)
    {
        using var total = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var limit = TransferClock.Total(options, time);
        using var link = limit.Token.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), total);
        var job = new Job(target, path, new FileInfo(path).Length, UploadAddress.TokenOf(sha256), total);
        List<UploadFailure> failures = [];
        var connection = await connections.GetAsync(cancellationToken);
        for (var refreshed = false; ; refreshed = true)
        {
            var (uploaded, unauthorized) = await TryHostsAsync(job, connection, failures, stopWhenUnauthorized: !refreshed, cancellationToken);
            if (uploaded is not null)
                return uploaded;
            if (!unauthorized || refreshed)
                throw new MediaUploadException(failures);
            connection = await connections.RefreshAsync(connection, cancellationToken);
        }
    }

    private async Task<(UploadedMedia? Uploaded, bool Unauthorized)> TryHostsAsync(
        Job job, MediaConnection connection, List<UploadFailure> failures, bool stopWhenUnauthorized, CancellationToken cancellationToken)
    {
        foreach (var host in connection.Hosts)
            for (var attempt = 1; attempt <= options.UploadTries && !job.Total.IsCancellationRequested; attempt++)
            {
                if (attempt > 1)
                    await Task.Delay(options.RetryDelay * (attempt - 1), time, cancellationToken);
                var (uploaded, failure) = await TryHostAsync(job, connection.Auth, host, cancellationToken);
                if (uploaded is not null)
                    return (uploaded, false);
                failures.Add(failure!);
                if (failure!.Status is 401 or 403 && stopWhenUnauthorized)
                    return (null, true);
                if (failure.Status is not null)
                    break; // the host has spoken: another one may take it
            }
        return (null, false);
    }

    private async Task<(UploadedMedia? Uploaded, UploadFailure? Failure)> TryHostAsync(Job job, string auth, MediaHost host, CancellationToken cancellationToken)
    {
        using var clock = TransferClock.ForTry(options, job.Total, time);
        try
        {
            var (complete, offset) = job.Length >= options.ResumeFrom ? await AskResumeAsync(job, auth, host, clock) : default;
            if (complete is not null)
                return (complete, null);
            var query = job.Query + (offset > 0 ? "&file_offset=" + offset.ToString(CultureInfo.InvariantCulture) : "");
            using var request = new HttpRequestMessage(HttpMethod.Post, UploadAddress.Of(host, job.Target.Path, job.Token, auth, query))
            {
                Content = new FileSliceContent(job.Path, offset, job.Length, clock),
            };
            using var response = await MediaHttp.SendAsync(http, request, options, clock.Token);
            var status = (int)response.StatusCode;
            if (!response.IsSuccessStatusCode)
                return (null, new UploadFailure(host.Hostname, status, status.ToString(CultureInfo.InvariantCulture)));
            var json = await MediaHttp.ReadShortAsync(response.Content, UploadAnswer.MaxLength, clock.Token);
            return json is not null && UploadAnswer.Read(json) is { } uploaded
                ? (uploaded, null)
                : (null, new UploadFailure(host.Hostname, status, "gave no direct path"));
        }
        catch (Exception exception) when (MediaHttp.IsNetwork(exception, cancellationToken))
        {
            return (null, new UploadFailure(host.Hostname, null, exception is OperationCanceledException ? "timed out" : "connection failed"));
        }
    }

    // A host that cannot tell gets the whole file.
    private async Task<(UploadedMedia? Complete, long Offset)> AskResumeAsync(Job job, string auth, MediaHost host, TransferClock clock)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, UploadAddress.Of(host, job.Target.Path, job.Token, auth, job.Query + "&resume=1"))
        {
            Content = new ByteArrayContent([]),
        };
        using var response = await MediaHttp.SendAsync(http, request, options, clock.Token);
        if (response.StatusCode != HttpStatusCode.OK || await MediaHttp.ReadShortAsync(response.Content, UploadAnswer.MaxLength, clock.Token) is not { } json)
            return default;
        return UploadAnswer.ReadResume(json, job.Length);
    }

    private sealed record Job(UploadTarget Target, string Path, long Length, string Token, CancellationTokenSource Total)
    {
        public string Query { get; } = Target.Query();
    }
}
