import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.ArrayFilters;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Serves MongoDB's wire protocol from memory on the loopback port given, 0
 * for a free one, prints its URI, and ends when standard input does: so it ends
 * with the script that started it, also when that is killed.
 */
class MongoEngine extends MemoryBackend {
    /** The oldest that drivers take; what the library calls 5.0 would promise more than it has. */
    record Version(List<Integer> getVersionArray, int getWireVersion) implements MongoVersion {}

    public static void main(String[] args) throws Exception {
        var server = new MongoServer(new MongoEngine().version(new Version(List.of(4, 4, 0), 9)));
        try {
            server.bind("127.0.0.1", Integer.parseInt(args[0]));
        } catch (Exception e) {
            System.err.println("mongo: port " + args[0] + ": " + e.getMessage());
            System.exit(1); // the library's threads would go on
        }
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        while (System.in.read() >= 0) {
        }
        System.exit(0);
    }

    @Override
    public MemoryDatabase openOrCreateDatabase(String name) {
        return new MemoryDatabase(name, getCursorRegistry()) {
            @Override
            protected MemoryCollection openOrCreateCollection(String name, CollectionOptions options) {
                return new AtomicCollection(this, name, options, cursorRegistry);
            }
        };
    }

    /**
     * The library answers with the documents that it holds and changes them in
     * place, so that a reader may be sent half of a change, which MongoDB never
     * does. Here readers get copies, made under the collection's lock.
     *
     * It also compares each document with each value of an $in, and has no
     * indexes that could spare it: 6 s for 1,000 ids among 100,000 documents.
     * Here strings and 64-bit integers are looked up in a set first.
     */
    static class AtomicCollection extends MemoryCollection {
        private static final Document WHOLE = new Document(" ", 0); // a projection, which copies

        private boolean changing; // what is found is to be changed in place
        private Candidates candidates = new Candidates(null, Map.of());

        AtomicCollection(MemoryDatabase database, String name, CollectionOptions options, CursorRegistry cursors) {
            super(database, name, options, cursors);
        }

        @Override
        protected QueryResult queryDocuments(Document query, Document orderBy, int skip, int limit, int batch, Document fields) {
            boolean whole = fields == null || fields.isEmpty();
            return super.queryDocuments(query, orderBy, skip, limit, batch, whole && !changing ? WHOLE : fields);
        }

        @Override
        public synchronized Document findAndModify(Document command) {
            return change(() -> super.findAndModify(command).cloneDeeply());
        }

        @Override
        public synchronized Document updateDocuments(Document selector, Document update, ArrayFilters filters, boolean multi, boolean upsert, Oplog oplog) {
            return change(() -> super.updateDocuments(selector, update, filters, multi, upsert, oplog));
        }

        private <T> T change(Supplier<T> change) {
            changing = true;
            try {
                return change.get();
            } finally {
                changing = false;
            }
        }

        @Override
        protected boolean documentMatchesQuery(Document document, Document query) {
            var allowed = candidates;
            if (allowed.query != query) {
                candidates = allowed = Candidates.of(query);
            }
            return allowed.include(document) && super.documentMatchesQuery(document, query);
        }
    }

    /** The strings or longs that a query allows, for each field of which it says so by $in. */
    record Candidates(Document query, Map<String, Set<?>> values) {
        static Candidates of(Document query) {
            var allowed = new HashMap<String, Set<?>>();
            for (var entry : query.entrySet()) {
                if (entry.getValue() instanceof Document condition && condition.get("$in") instanceof Collection<?> values
                        && (values.stream().allMatch(String.class::isInstance) || values.stream().allMatch(Long.class::isInstance))) {
                    allowed.put(entry.getKey(), new HashSet<>(values));
                }
            }
            return new Candidates(query, allowed);
        }

        /** Says no only to what is of the type of the values and none of them. */
        boolean include(Document document) {
            return values.entrySet().stream().allMatch(e -> {
                var value = document.get(e.getKey());
                return value == null || e.getValue().contains(value)
                        || e.getValue().isEmpty() || value.getClass() != e.getValue().iterator().next().getClass();
            });
        }
    }
}
