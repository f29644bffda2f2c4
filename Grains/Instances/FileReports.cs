using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Instances;

/// <summary>The row of a file as the API shows it. Pure.</summary>
internal static class FileReports
{
    public static FileReport Of(MediaRow row) => new(StatusName(row.State))
    {
        Kind = row.Media.Kind,
        Mimetype = row.Media.Mimetype,
        ContentType = row.ContentType,
        FileName = row.Media.FileName,
        Size = row.State == MediaState.Stored ? row.StoredLength : row.Media.FileLength,
        Sha256 = row.Media.FileSha256 is { } hash ? Convert.ToBase64String(hash) : null,
        ObjectKey = row.State == MediaState.Stored ? row.ObjectKey : null,
        Failure = row.Failure,
        StoredAt = row.StoredAt,
    };

    private static string StatusName(MediaState state) => state switch
    {
        MediaState.Stored => "stored",
        MediaState.Wanted => "wanted",
        MediaState.Asked => "asked",
        MediaState.Failed => "failed",
        MediaState.Removed => "removed",
        _ => "lazy",
    };
}
