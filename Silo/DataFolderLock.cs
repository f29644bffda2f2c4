using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Silo;

/// <summary>
/// One process per data folder: two would take every instance from each other for ever. Held from the moment it is made until the
/// process ends, however it ends. Registered first, so that nothing opens the database without it.
/// </summary>
internal sealed class DataFolderLock : IHostedService, IDisposable
{
    private const string FileName = "lock";
    private readonly FileStream _file;

    /// <exception cref="BadConfigurationException">Another process has the folder, or it cannot be written.</exception>
    public DataFolderLock(EmbeddedSiloOptions options)
    {
        try
        {
            DataKey.EnsureDirectory(options.DataDirectory);
            _file = new FileStream(Path.Combine(options.DataDirectory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadConfigurationException($"DATA_DIR {options.DataDirectory} cannot be used (is another process running on it?): {error.Message}", error);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _file.Dispose();
}
