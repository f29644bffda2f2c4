using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Media;

/// <summary>What fetching the files of messages needs on a silo: one for all instances.</summary>
internal sealed class ReceivedMedia(
    IMediaStore store, IOutboxStore outbox, IObjectStore objects, MediaWorker worker, MediaNetworks networks, SignedLinks links,
    IOptions<ReceivedMediaOptions> options, WorkPlace workPlace, TimeProvider time, ILogger<ReceivedMedia> logger)
{
    private const string Root = "received";

    public IMediaStore Store => store;
    public IOutboxStore Outbox => outbox;
    public IObjectStore Objects => objects;
    public MediaWorker Worker => worker;
    public MediaNetworks Networks => networks;
    public SignedLinks Links => links;
    public ReceivedMediaOptions Options => options.Value;
    public WorkPlace WorkPlace => workPlace;
    public TimeProvider Time => time;
    public ILogger Logger => logger;

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>How long stored files are kept; null = for ever.</summary>
    public static TimeSpan? KeptFor(InstanceSettings settings) => settings.RetentionDays == 0 ? null : TimeSpan.FromDays(settings.RetentionDays);

    /// <summary>Where the files of an instance lie.</summary>
    public static string FolderOf(string instanceId) => $"{Root}/{instanceId}/";

    /// <summary>Where the file of a message lies: always the same place, so that a fetch which is repeated changes nothing.</summary>
    public static string ObjectKeyOf(string instanceId, MessageKey key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{key.Chat}|{key.Sender}|{key.Id}")));
        return FolderOf(instanceId) + Convert.ToHexStringLower(hash.AsSpan(0, 20));
    }
}

/// <summary>The folder where files lie while they are fetched; what a killed process left there is removed at the next start.</summary>
public sealed class WorkPlace
{
    private readonly string _folder;

    /// <param name="folder">Made when missing, readable by its owner alone.</param>
    public WorkPlace(string folder)
    {
        _folder = folder;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Path of a file that is not there yet.</summary>
    public string NewPath() => Path.Combine(_folder, Guid.NewGuid().ToString("N"));
}
